import { jwksUriProblem } from '../../core/keys/jwks-fetch.js';
import type { ReadCaller } from '../../core/tokens/foreign-claims.js';
import { ACCESS_COOKIE, TRANSPORT } from '../auth/cookie-fields.js';
import { POLICY } from '../auth/policy-fields.js';
import { group, list } from '../fields/composites.js';
import { typed } from '../fields/field.js';
import { duration } from '../fields/numbers.js';
import { verificationKeys } from '../fields/secrets.js';
import { callback, text } from '../fields/values.js';
import { CLOCK, REQUEST_USER } from '../shared-fields.js';

/** What the factory of `forResourceServerAsync` returns. */
export const RESOURCE_SERVER_OPTIONS = {
  jwksUri: text({
    example: "the address of the issuer's keys",
    check: jwksUriProblem,
    doc: 'Where the issuer publishes its keys, unless `keys` is given; `https:`, or `http:` on localhost. Asked at boot and then on a schedule.',
  }),
  keys: verificationKeys({
    doc: "The issuer's keys: as in its `secrets.access` (public keys are enough), or a JWK Set. Without them `jwksUri` is required.",
  }),
  issuer: text({
    required: true,
    example: 'the issuer that the other app is configured with',
    doc: 'The `iss` that tokens must have: the `issuer` of the app that issues them. Also the realm of challenges.',
  }),
  audience: list(text({ example: 'how the issuer names this service' }), {
    orOne: true,
    required: true,
    missing: 'is missing; write how the issuer names this service',
    doc: "The issuer's names for this service. The `aud` of tokens must include one of them.",
  }),
  clockTolerance: duration({ default: '5s', min: 0, max: '1m', doc: 'Allowed clock difference.' }),
  maxAge: duration({
    default: '1h',
    min: '1s',
    max: '1d',
    doc: "Maximum age of a token; at least the issuer's `ttl.access`.",
  }),
  jwksTimeout: duration({
    default: '5s',
    min: '1s',
    max: '1m',
    doc: 'How long the issuer may take to answer with its keys.',
  }),
  jwksRefresh: duration({
    default: '5m',
    min: '10s',
    max: '1d',
    doc: 'How often the issuer is asked for its keys.',
  }),
  jwksMaxStale: duration({
    default: '1h',
    min: '10s',
    max: '7d',
    doc: 'How long the last keys are used while the issuer does not answer; then 503.',
  }),
  caller: callback({
    type: typed<ReadCaller>('ReadCaller'),
    remedy: 'write (claims) => ({ roles: … })',
    doc: "For tokens of another issuer, such as Keycloak or Auth0: makes the caller's roles and permissions from the claims, `({ realm_access }) => ({ roles: realm_access.roles })`. Return `null` to refuse a token, above all one that is not an access token.",
  }),
  transport: TRANSPORT,
  cookies: group(ACCESS_COOKIE),
  policy: POLICY,
  requestUser: REQUEST_USER,
  clock: CLOCK,
};
