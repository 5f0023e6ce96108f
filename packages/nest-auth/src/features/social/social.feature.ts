import {
  type AuthFeature,
  type Device,
  defineFeature,
  type ErrorCode,
  type FeatureExtras,
  type OptionsOf,
} from '@acme/nest-auth';
import { Flows } from './flows.js';
import { AccountOwners } from './identities/account-owners.js';
import { IdentitiesController } from './identities/identities.controller.js';
import { Identities } from './identities/identities.service.js';
import { LoginCodes } from './login-codes.js';
import { SocialController } from './social.controller.js';
import { SOCIAL_OPTIONS } from './social.options.js';
import { SocialLogins } from './social.service.js';
import { SOCIAL_DESCRIPTIONS } from './social-descriptions.js';
import type { StrategyClass } from './strategies/provider.js';
import { providerRules } from './strategies/provider-rules.js';
import { Providers, STRATEGIES } from './strategies/providers.js';

declare module '@acme/nest-auth' {
  interface AuthOptions {
    /** For the feature `social()`. */
    readonly social?: OptionsOf<typeof SOCIAL_OPTIONS>;
  }
  interface AuthErrorCodes {
    unknown_provider: ErrorCode;
    invalid_login_state: ErrorCode;
    invalid_login_code: ErrorCode;
    login_denied: ErrorCode;
    provider_answer_refused: ErrorCode;
    provider_failed: ErrorCode;
    account_exists: ErrorCode;
    email_missing: ErrorCode;
    sign_up_closed: ErrorCode;
    identity_taken: ErrorCode;
    last_way_in: ErrorCode;
  }
  interface LimitedActions {
    social_login: unknown;
    account_exists_mail: unknown;
  }
  interface AuthEventFields {
    /** An account can be entered through a provider from now on. */
    identity_linked: { readonly userId: string; readonly provider: string; readonly device: Device };
    /** A user removed a provider from their account. */
    identity_unlinked: { readonly userId: string; readonly provider: string; readonly device: Device };
  }
}

const define = defineFeature({
  name: 'social',
  options: SOCIAL_OPTIONS,
  codes: {
    /** No such provider, or the tenant has no client of it. @client correct the request */
    unknown_provider: { status: 404, message: 'There is no such login provider.' },
    /** This browser did not begin this login, or the login is used or older than ten minutes. @client begin again */
    invalid_login_state: {
      status: 400,
      message: 'This login was not begun in this browser, or is too old. Begin again.',
    },
    /** The code is used, older than a minute, or belongs to another client. @client begin again */
    invalid_login_code: { status: 400, message: 'The code is not valid any more. Log in again.' },
    /** The user cancelled at the provider. @client offer the ways to log in again */
    login_denied: { status: 403, message: 'The login was cancelled.' },
    /**
     * The provider's answer was not for this login: another issuer, client or nonce, or a code that it does not know.
     * @client begin again
     */
    provider_answer_refused: { status: 400, message: 'The answer of the login provider was refused. Try again.' },
    /** The provider is down, too slow or answers with an error, or its strategy failed. @client retry later */
    provider_failed: { status: 503, message: 'The login provider did not answer as expected. Try again shortly.' },
    /**
     * Another account has this address, and the provider has not verified that it is this person's.
     * @client offer the other ways to log in; the identity can be added afterwards
     */
    account_exists: { status: 409, message: 'An account with this address exists. Log in to it another way first.' },
    /** The provider sent no address, but a new account needs one. @client ask the user to allow it, or to register */
    email_missing: { status: 400, message: 'The login provider gave no e-mail address.' },
    /** Nobody has this identity, and the app takes no new users this way. @client offer the other ways to log in */
    sign_up_closed: { status: 403, message: 'There is no account for this login.' },
    /** The identity is another account's. @client log in with it instead */
    identity_taken: { status: 409, message: 'This identity belongs to another account.' },
    /** The user could no longer log in. @client ask the user to set a password first */
    last_way_in: { status: 409, message: 'This is the only way to log in. Set a password first.' },
  },
  limits: {
    /** Logins that are begun from one address. */
    social_login: { points: 100, duration: '15m' },
    /** Mails to one account about logins with its address, but unverified. Further mails are not sent. */
    account_exists_mail: { points: 3, duration: '1d' },
  },
  needs: { ephemeralStore: true, credentialStore: true, userStore: ['setEmailVerified'] },
  controllers: [SocialController, IdentitiesController],
  exports: [SocialLogins, Identities],
  describe: SOCIAL_DESCRIPTIONS,
});

/**
 * Logins by other providers, through any Passport strategy and without a session middleware: `GET /auth/login/google`
 * sends a browser to Google and, in the end, to a page of the app.
 * @param strategies the classes that the strategies' packages export, by the provider's name
 *
 * @example
 * ```ts
 * import { Strategy as GoogleStrategy } from 'passport-google-oauth20';
 *
 * AuthModule.forRootAsync({
 *   features: [social({ google: GoogleStrategy })],
 *   useFactory: () => ({
 *     userStore,
 *     secrets,
 *     social: {
 *       url: 'https://api.example.org/auth',
 *       returnTo: ['https://app.example.org/welcome'],
 *       providers: { google: { clientID, clientSecret } },
 *     },
 *   }),
 * });
 * ```
 */
export function social(strategies: Readonly<Record<string, StrategyClass>>, extras?: FeatureExtras): AuthFeature {
  return {
    ...define(extras),
    rules: providerRules({ ...strategies }),
    providers: [
      Providers,
      Flows,
      AccountOwners,
      Identities,
      LoginCodes,
      SocialLogins,
      { provide: STRATEGIES, useValue: { ...strategies } },
    ],
  };
}
