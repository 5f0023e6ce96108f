import { defineFeature, type ErrorCode, type OptionsOf } from '@acme/nest-auth';
import { BreachCheck } from './breach-check.js';
import { BREACHED_PASSWORDS_OPTIONS } from './breached-passwords.options.js';

declare module '@acme/nest-auth' {
  interface AuthOptions {
    /** For the feature `breachedPasswords()`. */
    readonly breachedPasswords?: OptionsOf<typeof BREACHED_PASSWORDS_OPTIONS>;
  }
  interface AuthErrorCodes {
    password_breached: ErrorCode;
  }
  interface AuthEventFields {
    /**
     * A password was accepted unchecked: the server of breached passwords did not answer, its answer could not be read,
     * or it was not asked because too many checks were running.
     */
    breach_check_failed: { readonly reason: 'no_answer' | 'invalid_answer' | 'busy' };
  }
}

/**
 * Refuses passwords that are known from data breaches, at registration, change and reset. The server of breached
 * passwords learns only the first five characters of the SHA-1. If it does not answer, the password is accepted.
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({ features: [breachedPasswords()], useFactory: () => ({ userStore, secrets }) });
 * ```
 */
export const breachedPasswords = defineFeature({
  name: 'breachedPasswords',
  options: BREACHED_PASSWORDS_OPTIONS,
  codes: {
    /** Known from a data breach. @client choose another */
    password_breached: { status: 400, message: 'This password is known from a data breach. Choose another one.' },
  },
  providers: [BreachCheck],
  hooks: BreachCheck,
});
