import { type Device, defineFeature, type ErrorCode, type OptionsOf, objectSchema } from '@acme/nest-auth';
import { PasswordResetController } from './password-reset.controller.js';
import { PASSWORD_RESET_OPTIONS } from './password-reset.options.js';
import { PasswordReset } from './password-reset.service.js';

declare module '@acme/nest-auth' {
  interface AuthOptions {
    /** For the feature `passwordReset()`. */
    readonly passwordReset?: OptionsOf<typeof PASSWORD_RESET_OPTIONS>;
  }
  interface AuthErrorCodes {
    invalid_reset_token: ErrorCode;
  }
  interface LimitedActions {
    password_reset: unknown;
  }
  interface AuthEventFields {
    /** Somebody asked for a reset of an existing account; the mail is on its way. */
    password_reset_requested: { readonly userId: string; readonly device: Device };
    /** A new password was set with the token of a mail; every session has ended. */
    password_reset: { readonly userId: string; readonly device: Device };
  }
}

/**
 * A new password for users who have forgotten theirs: `POST /auth/password/forgot` sends a link to the app's own page,
 * which posts the link's token to `POST /auth/password/reset`.
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({
 *   features: [passwordReset()],
 *   useFactory: () => ({ userStore, secrets, mailer, passwordReset: { page: 'https://app.example.org/reset' } }),
 * });
 * ```
 */
export const passwordReset = defineFeature({
  name: 'passwordReset',
  options: PASSWORD_RESET_OPTIONS,
  codes: {
    /** The link is used, expired or replaced. @client ask for a new one */
    invalid_reset_token: { status: 400, message: 'The link is not valid any more. Ask for a new one.' },
  },
  limits: {
    /** Links for one e-mail address, whether it has an account or not. */
    password_reset: { points: 5, duration: '1h' },
  },
  needs: { ephemeralStore: true, mailer: true },
  controllers: [PasswordResetController],
  providers: [PasswordReset],
  exports: [PasswordReset],
  describe: {
    forgot: {
      summary: 'Ask for a link to choose a new password',
      body: objectSchema({ email: { type: 'string', format: 'email' } }),
      status: 202,
      description: 'If there is such an account, a mail is on its way.',
      refusals: { 400: ['invalid_request'], 429: ['too_many_attempts'], 503: ['store_unavailable'] },
    },
    reset: {
      summary: 'Choose a new password with the token of a link',
      body: objectSchema({ token: { type: 'string' }, new_password: { type: 'string', format: 'password' } }),
      status: 204,
      description: 'The password is set and every session has ended.',
      refusals: {
        400: [
          ...(['invalid_request', 'invalid_reset_token', 'password_too_short', 'password_too_long'] as const),
          ...(['password_malformed', 'password_too_common', 'password_is_login'] as const),
        ],
        409: ['password_changed_meanwhile', 'account_changed_meanwhile'],
        429: ['too_many_attempts'],
        503: ['overloaded', 'store_unavailable'],
      },
    },
  },
});
