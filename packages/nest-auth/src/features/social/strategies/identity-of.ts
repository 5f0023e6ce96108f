import { AuthError, isAddress, normaliseLogin } from '@acme/nest-auth';
import { Logger } from '@nestjs/common';
import type { Identity, Provider, ProviderAnswer } from './provider.js';

/** What `String(profile.id)` makes of a missing id: with it, everybody would be one user. */
const NOBODY = ['', 'undefined', 'null', 'NaN', '[object Object]'];

const logger = new Logger('SocialLogins');

/**
 * Who a provider's answer is about, by the mapping of its options.
 * @throws AuthError `provider_answer_refused` without a subject, and what the mapping throws
 */
export async function identityOf(provider: Provider, answer: ProviderAnswer): Promise<Identity> {
  const { subject, email: given = null, emailVerified = false, name = null } = await provider.identity(answer);
  if (typeof subject !== 'string' || NOBODY.includes(subject)) {
    logger.warn(noSubject(provider.name));
    throw new AuthError('provider_answer_refused');
  }
  const email = isEmail(given) ? given : null;
  // Without the text: it may be somebody's address, misspelt.
  if (given !== email) logger.warn(noAddress(provider.name));
  const isVerified = emailVerified === true && email !== null;
  return { provider: provider.name, issuer: provider.issuer, subject, email, emailVerified: isVerified, name };
}

/** Types do not stop a mapping from `String(profile.mail)`. */
function isEmail(given: unknown): given is string {
  try {
    return typeof given === 'string' && isAddress(normaliseLogin(given, 'email'));
  } catch {
    return false;
  }
}

function noSubject(provider: string): string {
  return `The subject of a login by ${provider} is missing, so it is refused. Look at what social.providers.${provider}.identity answers with, and at the scope: the provider's id of the user must be in it.`;
}

function noAddress(provider: string): string {
  return `The email that social.providers.${provider}.identity answers with is not an address, so this login has none. Write null if the provider gives none: email: typeof profile.mail === 'string' ? profile.mail : null.`;
}
