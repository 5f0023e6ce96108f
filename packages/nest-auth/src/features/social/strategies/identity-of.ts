import { AuthError, isAddress, normaliseLogin } from '@acme/nest-auth';
import { Logger } from '@nestjs/common';
import type { Identity, Provider, ProviderAnswer } from './provider.js';

/** What `String(profile.id)` returns for a missing id. As a subject, it would make everybody the same user. */
const NOBODY = ['', 'undefined', 'null', 'NaN', '[object Object]'];

const logger = new Logger('SocialLogins');

/**
 * Reads the identity in a provider's answer with the mapping in the provider's options.
 * @throws AuthError `provider_answer_refused` without a subject, and what the mapping throws
 */
export async function identityOf(provider: Provider, answer: ProviderAnswer): Promise<Identity> {
  const { subject, email: given = null, emailVerified = false, name = null } = await provider.identity(answer);
  if (typeof subject !== 'string' || NOBODY.includes(subject)) {
    logger.warn(noSubject(provider.name));
    throw new AuthError('provider_answer_refused');
  }
  const email = isEmail(given) ? given : null;
  // The log does not get the text, because it may be a misspelt address.
  if (given !== email) logger.warn(noAddress(provider.name));
  const isVerified = emailVerified === true && email !== null;
  return { provider: provider.name, issuer: provider.issuer, subject, email, emailVerified: isVerified, name };
}

/** Types do not prevent `String(profile.mail)` in a mapping, which is 'undefined' for a missing address. */
function isEmail(given: unknown): given is string {
  try {
    return typeof given === 'string' && isAddress(normaliseLogin(given, 'email'));
  } catch {
    return false;
  }
}

function noSubject(provider: string): string {
  return `A login by ${provider} has no subject, so it is refused. social.providers.${provider}.identity must return the user's id at the provider as subject. Check that function and the scope.`;
}

function noAddress(provider: string): string {
  return `The email that social.providers.${provider}.identity returns is not an address, so this login has no email. Write null if the provider gives none: email: typeof profile.mail === 'string' ? profile.mail : null.`;
}
