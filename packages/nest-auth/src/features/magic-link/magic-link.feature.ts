import { type Device, defineFeature, type ErrorCode, type OptionsOf } from '@acme/nest-auth';
import { MagicLinkController } from './magic-link.controller.js';
import { MAGIC_LINK_OPTIONS } from './magic-link.options.js';
import { MagicLink } from './magic-link.service.js';

declare module '@acme/nest-auth' {
  interface AuthOptions {
    /** For the feature `magicLink()`. */
    readonly magicLink?: OptionsOf<typeof MAGIC_LINK_OPTIONS>;
  }
  interface AuthErrorCodes {
    invalid_magic_link: ErrorCode;
    magic_link_elsewhere: ErrorCode;
  }
  interface LimitedActions {
    magic_link: unknown;
    magic_link_code: unknown;
  }
  interface AuthEventFields {
    /** Somebody asked for a link to log in to an existing account; the mail is on its way. */
    magic_link_requested: { readonly userId: string; readonly device: Device };
    /** The link or the code of a mail was right: a session begins, or a second factor is required. */
    magic_link_used: { readonly userId: string; readonly device: Device };
  }
}

const text = { type: 'string' };
const seconds = { type: 'integer' };

/**
 * Logins by e-mail: `POST /auth/login/magic-link` sends a link and a code; `POST /auth/login/magic-link/confirm`
 * accepts either from the browser that asked, and answers like a login.
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({
 *   features: [magicLink()],
 *   useFactory: () => ({ userStore, secrets, mailer, magicLink: { page: 'https://app.example.org/magic-link' } }),
 * });
 * ```
 */
export const magicLink = defineFeature({
  name: 'magicLink',
  options: MAGIC_LINK_OPTIONS,
  codes: {
    /** The link or the code is used, expired or replaced, or had five wrong answers. @client ask for a new mail */
    invalid_magic_link: { status: 400, message: 'The link or code is not valid any more. Ask for a new one.' },
    /**
     * The link was opened, or the code typed, in another browser than the one that asked for it.
     * @client tell the user to go back to that browser and type the code there
     */
    magic_link_elsewhere: {
      status: 400,
      message: 'Open the link, or type its code, in the browser that asked for it; or ask for a new one here.',
    },
  },
  limits: {
    /** Links for one e-mail address, whether it has an account or not. */
    magic_link: { points: 10, duration: '1h' },
    /** Wrong codes for one e-mail address, whether it has an account or not. */
    magic_link_code: { points: 10, duration: '1h' },
  },
  needs: { ephemeralStore: true, mailer: true, userStore: ['setEmailVerified'] },
  controllers: [MagicLinkController],
  providers: [MagicLink],
  exports: [MagicLink],
  describe: {
    request: {
      summary: 'Ask for a link and a code to log in',
      body: {
        type: 'object',
        properties: { email: { type: 'string', format: 'email' }, remember: { type: 'boolean', default: true } },
        required: ['email'],
      },
      status: 202,
      description: 'If there is such an account, a mail is on its way. By cookie, `request_token` is in a cookie.',
      answer: { type: 'object', properties: { request_token: text, expires_in: seconds }, required: ['expires_in'] },
      refusals: { 400: ['invalid_request'], 429: ['too_many_attempts'], 503: ['store_unavailable'] },
    },
    confirm: {
      summary: 'Log in with the token of a link, or with a code',
      body: {
        type: 'object',
        properties: { token: text, code: { ...text, pattern: '^\\d{6}$' }, request_token: text },
        oneOf: [{ required: ['token'] }, { required: ['code'] }],
      },
      status: 200,
      description: 'Logged in, or a second factor is required.',
      answer: 'login',
      refusals: {
        400: ['invalid_request', 'invalid_magic_link', 'magic_link_elsewhere'],
        401: ['wrong_answer', 'invalid_credentials'],
        409: ['account_changed_meanwhile', 'too_many_sessions'],
        429: ['too_many_attempts'],
        503: ['store_unavailable'],
      },
    },
  },
});
