import type { ProviderOptions } from '@acme/nest-auth/social';
import { type Configuration, fetchUserInfo } from 'openid-client';

const textOf = (claim: unknown) => (typeof claim === 'string' ? claim : null);

/** The mapping of the guide. */
export function identityBy(config: Configuration): NonNullable<ProviderOptions['identity']> {
  return async ({ claims = {}, accessToken }) => {
    const subject = textOf(claims.sub) ?? '';
    const found = accessToken ? await fetchUserInfo(config, accessToken, subject) : claims;
    const { email, email_verified, name } = found;
    return { subject, email: textOf(email), emailVerified: email_verified === true, name: textOf(name) };
  };
}
