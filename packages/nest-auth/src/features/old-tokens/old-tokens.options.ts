import { KeyObject } from 'node:crypto';
import { type OptionsOf, option } from '@acme/nest-auth';

/** The claims of an old access token. Its signature and its times are checked. */
export interface OldClaims {
  /** A token whose `sub` has another type is refused, and `access.user` is not called. */
  readonly sub?: string | number | undefined;
  readonly [claim: string]: unknown;
}

/** The user's id or login; `null` or `undefined` refuses the token. */
export type OldUser = string | number | { readonly login: string } | null | undefined;

/**
 * Checks an old refresh token as the old app did. It is called with any text that a client sends.
 * @returns the user's id or login; `null` or `undefined` for an invalid, expired or revoked token
 */
export type OldRefreshCheck = (token: string) => OldUser | Promise<OldUser>;

const ACCESS = {
  key: option.value({
    type: option.typed<string | KeyObject>('string | KeyObject'),
    required: true,
    fits: (given) => (typeof given === 'string' && given !== '') || given instanceof KeyObject,
    remedy: "give the old app's secret, or its public key in PEM format",
    missing: "is missing (is the environment variable set?); give the old app's secret or public key",
  }),
  alg: option.choice({
    of: ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384'],
    required: true,
    missing: "is missing; write 'HS256' if the old app had a secret and no key pair",
  }),
  issuer: option.text({ example: "the old tokens' iss, or leave it out" }),
  audience: option.text({ example: "the old tokens' aud, or leave it out" }),
  user: option.callback({
    type: option.typed<(claims: OldClaims) => OldUser | Promise<OldUser>>(
      '(claims: OldClaims) => OldUser | Promise<OldUser>',
    ),
    remedy: 'write ({ sub }) => sub, or ({ email }) => ({ login: email })',
    shown: '({ sub }) => sub',
  }),
};

/** How old access tokens are checked. Without `user`, which `refresh` requires, `sub` is the user's id. */
export type OldAccessTokens = OptionsOf<typeof ACCESS>;

/** The options below `oldTokens`. */
export const OLD_TOKENS_OPTIONS = {
  until: option.value({
    type: option.typed<string | Date>('string | Date'),
    required: true,
    fits: (given) => (typeof given === 'string' && given !== '') || given instanceof Date,
    remedy: "write a day, as in '2027-03-31', or a Date",
    missing: "is missing; write the day on which the last old token ends, as in '2027-03-31'",
    doc: 'After this time no old token works, and boot logs that the feature can be removed. A day begins at midnight UTC. At most 400 days ahead.',
  }),
  access: option.record(ACCESS, {
    type: option.typed<OldAccessTokens>('OldAccessTokens'),
    shown: 'no old access token works',
    doc: "`key`: the old secret, or the public key. `alg`: the old algorithm; no other is accepted. `issuer` and `audience`: if set, the tokens must have them. `user`: finds the id or `{ login }` by a token's claims, by default `({ sub }) => sub`; `null` refuses the token. It may return a promise. It is required with `refresh`, to tell access tokens from refresh tokens.",
  }),
  refresh: option.callback({
    type: option.typed<OldRefreshCheck>('OldRefreshCheck'),
    remedy: 'write async (token) => the id of its user, or null',
    shown: 'no old refresh token works',
    doc: 'Checks an old refresh token: `async (token) => userId`, or `null`. Each is exchanged once, for a session.',
  }),
};
