import { AuthError, type Principal, Require, type Requirement } from '@acme/nest-auth';

const VERIFIED: Requirement = {
  kind: 'email-verification:verified',
  name: 'a verified e-mail address',
  refusals: { 403: ['email_not_verified'] },
  refusal: (caller) => (isVerified(caller) ? undefined : new AuthError('email_not_verified')),
};

/**
 * The caller's e-mail address must be verified; others get 403 `email_not_verified`. The claim `email_verified` of the
 * access token decides, so no store is asked: after a verification, it is true from the next refresh on.
 *
 * @example
 * ```ts
 * @RequireVerifiedEmail()
 * @Post('invitations')
 * invite() {}
 * ```
 */
export const RequireVerifiedEmail = () => Require(VERIFIED);

/** A caller of the app's own strategy may have no claims. */
function isVerified({ claims }: Principal): boolean {
  return (claims as Principal['claims'] | undefined)?.email_verified === true;
}
