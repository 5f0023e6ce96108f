import type { AuthDescription, AuthErrorCode, RouteDescription } from '@acme/nest-auth';
import type { Refusals } from './refusals.js';
import { registrationBody } from './registration-schema.js';
import { type AuthSchemas, type Json, list, object } from './schemas.js';

/** What a document says about one of the library's routes, apart from who may call it. */
export interface RouteText extends RouteDescription {
  /** @default true */
  readonly needsBody?: boolean;
  readonly parameters?: Readonly<Record<string, Json>>;
  readonly refusals: Refusals;
  /** A second kind of success, without tokens. */
  readonly otherwise?: { readonly status: number; readonly description: string; readonly answer: Json };
  /** Whether the route reads an access token, although it does not require one. @default false */
  readonly readsToken?: boolean;
}

const PASSWORD_REFUSED: readonly AuthErrorCode[] = [
  'invalid_request',
  'password_too_short',
  'password_too_long',
  'password_malformed',
  'password_too_common',
  'password_is_login',
];
const USER_GONE: readonly AuthErrorCode[] = ['user_not_found', 'user_disabled'];
const BUSY: readonly AuthErrorCode[] = ['overloaded', 'store_unavailable'];
const LOGIN_MAX_LENGTH = 254;
const REMEMBER: Json = {
  type: 'boolean',
  default: true,
  description: '`false` is for a shared browser: the session is short, and its cookies end when the browser is closed.',
};

const PENDING: NonNullable<RouteText['otherwise']> = {
  status: 202,
  description:
    'The registration is not complete: the address must be verified, for example. A taken login gets the same answer.',
  answer: object({ pending: { type: 'string', description: 'What it waits for.' } }),
};

/** The library's routes by method name. */
export function authRoutes(auth: AuthDescription, schemas: AuthSchemas): Readonly<Record<string, RouteText>> {
  return { ...credentialRoutes(auth, schemas), ...callerRoutes(auth, schemas) };
}

function credentialRoutes(auth: AuthDescription, schemas: AuthSchemas): Record<string, RouteText> {
  const login = {
    type: 'string',
    ...(auth.loginField === 'email' ? { format: 'email' } : {}),
    maxLength: LOGIN_MAX_LENGTH,
  };
  return {
    register: {
      summary: 'Register, and log in',
      body: registrationBody(
        auth,
        object({ [auth.loginField]: login, password: newPassword(auth), remember: REMEMBER }, 'remember'),
        schemas,
      ),
      status: 201,
      description: 'The user is registered and logged in.',
      answer: 'login',
      ...(auth.pendingRegistrations ? { otherwise: PENDING } : {}),
      refusals: { 400: PASSWORD_REFUSED, 409: ['login_taken'], 429: ['too_many_attempts'], 503: BUSY },
    },
    login: {
      summary: 'Log in',
      body: object(
        { [auth.loginField]: login, password: { type: 'string', format: 'password' }, remember: REMEMBER },
        'remember',
      ),
      status: 200,
      description: 'The user is logged in.',
      answer: 'login',
      refusals: {
        400: ['invalid_request', 'password_too_long', 'password_malformed'],
        401: ['invalid_credentials'],
        409: ['too_many_sessions'],
        429: ['too_many_attempts'],
        503: BUSY,
      },
    },
    refresh: {
      summary: 'Exchange a refresh token for new tokens',
      body: refreshBody(auth),
      status: 200,
      description: 'The new tokens. For a short time, a repeated request gets the same tokens.',
      answer: 'tokens',
      refusals: {
        400: ['invalid_request'],
        401: [
          ...(auth.transport === 'bearer' ? [] : (['missing_token'] as const)),
          'invalid_refresh_token',
          'refresh_token_reused',
          'session_revoked',
          'session_expired',
          'session_lifetime_exceeded',
          ...USER_GONE,
        ],
        503: ['store_unavailable'],
      },
    },
    jwks: {
      summary: 'The public keys of access tokens (RFC 7517)',
      status: 200,
      description: 'A JWK Set.',
      answer: object({ keys: list({ type: 'object', additionalProperties: true }) }),
      refusals: { 404: ['not_found'] },
    },
  };
}

function callerRoutes(auth: AuthDescription, schemas: AuthSchemas): Record<string, RouteText> {
  return {
    logout: {
      summary: 'Log out',
      body: object({ [auth.tokenFields.refresh_token]: { type: 'string' } }, auth.tokenFields.refresh_token),
      needsBody: false,
      status: 204,
      description: 'The session of the tokens that were sent has ended, if there was one.',
      refusals: { 400: ['invalid_request'], 503: ['store_unavailable'] },
      readsToken: true,
    },
    logoutAll: {
      summary: 'Log out everywhere',
      status: 204,
      description: 'Every session of the caller has ended.',
      refusals: {},
    },
    me: {
      summary: 'The caller',
      status: 200,
      description: "The caller's stored data.",
      answer: schemas.ref('AuthProfile'),
      refusals: { 401: USER_GONE },
    },
    password: {
      summary: 'Change the password',
      body: object({
        current_password: { type: 'string', format: 'password' },
        new_password: newPassword(auth),
      }),
      status: 204,
      description: 'The password is changed, and the other sessions have ended.',
      refusals: {
        400: PASSWORD_REFUSED,
        401: USER_GONE,
        403: ['wrong_password'],
        409: ['password_changed_meanwhile'],
        429: ['too_many_attempts'],
        503: BUSY,
      },
    },
    confirm: {
      summary: 'Prove again who the caller is',
      body: object({ password: { type: 'string', format: 'password' } }),
      status: 200,
      description: 'The login is recent. The new access token says so; the refresh token does not change.',
      answer: 'access',
      refusals: {
        400: ['invalid_request', 'password_too_long', 'password_malformed'],
        401: USER_GONE,
        403: ['wrong_password'],
        429: ['too_many_attempts'],
        503: BUSY,
      },
    },
    sessions: {
      summary: "The caller's sessions, one per device",
      status: 200,
      description: 'The live sessions, newest first. `lastUsedAt` is a whole hour.',
      answer: list(schemas.ref('AuthSession')),
      refusals: {},
    },
    endSession: {
      summary: "End one of the caller's sessions",
      status: 204,
      description: 'The session has ended.',
      parameters: { id: { type: 'string', format: 'uuid' } },
      refusals: { 404: ['not_found'] },
    },
  };
}

function refreshBody({ transport, cookies: { refresh }, tokenFields: { refresh_token: name } }: AuthDescription): Json {
  if (transport === 'cookie') return { ...object({}), description: `Empty: the token is in the cookie ${refresh}.` };
  const refreshToken = { type: 'string' };
  if (transport === 'bearer') return object({ [name]: refreshToken });
  const description = `Leave it out with X-Auth-Transport: cookie. Then the token is in the cookie ${refresh}.`;
  return object({ [name]: { ...refreshToken, description } }, name);
}

function newPassword({ password }: AuthDescription): Json {
  return { type: 'string', format: 'password', ...password };
}
