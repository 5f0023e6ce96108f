import { type Device, defineFeature, type ErrorCode } from '@acme/nest-auth';
import { PasswordResetController } from './password-reset.controller.js';
import { PasswordReset } from './password-reset.service.js';

declare module '@acme/nest-auth' {
  interface AuthErrorCodes {
    invalid_reset_token: ErrorCode;
  }
  interface LimitedActions {
    password_reset: unknown;
  }
  interface AuthEventFields {
    /** Somebody asked for a reset of an account that exists; the mail is on its way. */
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
  codes: {
    invalid_reset_token: { status: 400, message: 'The link is not valid any more. Ask for a new one.' },
  },
  limits: { password_reset: { points: 5, duration: '1h' } },
  needs: { ephemeralStore: true, mailer: true },
  controllers: [PasswordResetController],
  providers: [PasswordReset],
  exports: [PasswordReset],
});
