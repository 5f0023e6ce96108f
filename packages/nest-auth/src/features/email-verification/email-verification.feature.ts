import {
  AuthError,
  type Device,
  defineFeature,
  type ErrorCode,
  type FeatureHooks,
  type OptionsOf,
  objectSchema,
} from '@acme/nest-auth';
import { EmailChange } from './email-change.service.js';
import { EmailVerificationController } from './email-verification.controller.js';
import { EMAIL_VERIFICATION_OPTIONS } from './email-verification.options.js';
import { EmailVerification } from './email-verification.service.js';
import { EMAIL_VERIFICATION, type EmailVerificationSettings } from './email-verification.settings.js';

declare module '@acme/nest-auth' {
  interface AuthOptions {
    /** For the feature `emailVerification()`. */
    readonly emailVerification?: OptionsOf<typeof EMAIL_VERIFICATION_OPTIONS>;
  }
  interface AuthErrorCodes {
    invalid_verification_token: ErrorCode;
    email_not_verified: ErrorCode;
  }
  interface LimitedActions {
    email_verification: unknown;
    email_reminder: unknown;
    email_change: unknown;
  }
  interface AuthEventFields {
    /** A link that verifies an address is on its way to it. */
    email_verification_sent: { readonly userId: string; readonly device: Device };
    /** A user's address was verified by the token of a mail. */
    email_verified: { readonly userId: string; readonly device: Device };
    /** A user asked for another address; it changes when the link in the mail to that address is opened. */
    email_change_requested: { readonly userId: string; readonly device: Device };
    /** A user logs in with another address from now on; their other sessions end. */
    email_changed: { readonly userId: string; readonly device: Device };
  }
}

const EMAIL = { type: 'string', format: 'email' };

/**
 * Verifies that e-mail addresses belong to those who register with them: a registration sends a link to the app's own
 * page, which posts the link's token to `POST /auth/email/verify`. With `required`, nobody gets a session before that.
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({
 *   features: [emailVerification()],
 *   useFactory: () => ({ userStore, secrets, mailer, emailVerification: { page: 'https://app.example.org/verify' } }),
 * });
 * ```
 */
export const emailVerification = defineFeature({
  name: 'emailVerification',
  options: EMAIL_VERIFICATION_OPTIONS,
  codes: {
    /** The link is used, expired or replaced, or the account has changed. @client ask for a new one */
    invalid_verification_token: { status: 400, message: 'The link is not valid any more. Ask for a new one.' },
    /**
     * The route needs a verified e-mail address. @client ask the user to open the link of the mail, then refresh and
     * repeat the request
     */
    email_not_verified: { status: 403, message: 'Verify your e-mail address first.' },
  },
  limits: {
    /** Mails to one e-mail address, whether it has an account or not. */
    email_verification: { points: 5, duration: '1h' },
    /** Mails sent at logins into one account with an unverified address. */
    email_reminder: { points: 1, duration: '10m' },
    /** Changes of the address that one user asks for. */
    email_change: { points: 5, duration: '1h' },
  },
  needs: { ephemeralStore: true, mailer: true, userStore: ['setEmailVerified', 'setLogin'] },
  controllers: [EmailVerificationController],
  providers: [EmailVerification, EmailChange],
  exports: [EmailVerification, EmailChange],
  hooks: {
    inject: [EMAIL_VERIFICATION, EmailVerification],
    useFactory: ({ required }: EmailVerificationSettings, verifications: EmailVerification): FeatureHooks => ({
      feature: 'emailVerification',
      claims: ({ emailVerifiedAt }) => ({ email_verified: Boolean(emailVerifiedAt) }),
      ...(required ? gateOf(verifications) : {}),
    }),
  },
  describe: {
    verify: {
      summary: 'Verify an e-mail address with the token of a link',
      body: objectSchema({ token: { type: 'string' } }),
      status: 204,
      description: 'The address is verified; if it is a new one, the user logs in with it from now on.',
      refusals: {
        400: ['invalid_request', 'invalid_verification_token'],
        409: ['login_taken', 'account_changed_meanwhile'],
        503: ['store_unavailable'],
      },
    },
    send: {
      summary: 'Ask for a link that verifies an e-mail address',
      body: objectSchema({ email: EMAIL }),
      status: 202,
      description: 'If there is an account whose address is not verified, a mail is on its way.',
      refusals: { 400: ['invalid_request'], 429: ['too_many_attempts'], 503: ['store_unavailable'] },
    },
    change: {
      summary: 'Ask for another e-mail address',
      body: objectSchema({ email: EMAIL, current_password: { type: 'string', format: 'password' } }),
      status: 202,
      description: 'A mail is on its way to the new address. The address changes when its link is opened.',
      refusals: {
        400: ['invalid_request', 'password_too_long', 'password_malformed'],
        401: ['user_not_found', 'user_disabled'],
        403: ['wrong_password'],
        429: ['too_many_attempts'],
        503: ['overloaded', 'store_unavailable'],
      },
    },
  },
});

/** The hooks that refuse a session while the address is unverified. */
function gateOf(verifications: EmailVerification): Omit<FeatureHooks, 'feature'> {
  return {
    acceptsLogin: (user, { device }) => verifications.accepts(user, device),
    holdRegistration: (login) => verifications.holds(login),
    onRegistration: async (registration) => verifications.answer(registration),
    beforeSession: async (user, { device }) => {
      if (!verifications.accepts(user, device)) throw new AuthError('email_not_verified');
      return undefined;
    },
  };
}
