import { readJwkSet } from '../core/tokens/jwk-set.js';
import { jwksUriProblem } from '../core/tokens/jwks-fetch.js';
import { type AccessKeys, type RingKey, readVerificationKeys } from '../core/tokens/key-ring.js';
import type { SharedSettings } from './auth-settings.js';
import { OptionReader } from './option-reader.js';
import { wellShaped } from './option-shapes.js';
import type { ResourceServerOptions } from './resource-server-options.js';
import { isRecord } from './value-kind.js';

/** The options with every default filled in, and durations in seconds. */
export interface ResourceServerSettings extends SharedSettings {
  /** Where the keys come from, or the keys. */
  readonly jwksUri: string | undefined;
  readonly keys: ReadonlyMap<string, RingKey> | undefined;
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly clockTolerance: number;
  readonly maxAge: number;
  readonly jwks: { readonly timeout: number; readonly refresh: number; readonly maxStale: number };
}

const DAY = 24 * 60 * 60;
export const OPTIONS = [
  ...['jwksUri', 'keys', 'issuer', 'audience', 'clockTolerance', 'maxAge'],
  ...['jwksTimeout', 'jwksRefresh', 'jwksMaxStale', 'sockets', 'clock'],
];
export const STATIC = ['isGlobal', 'globalGuard'];

/**
 * Fills in the defaults and checks everything.
 * @throws AuthError `invalid_configuration` naming every problem, its option and its remedy, and no secret
 */
export function resolveResourceServerSettings(given: ResourceServerOptions): ResourceServerSettings {
  const found = new OptionReader();
  if (!isRecord(given)) throw found.noOptions(given, 'createResourceServerOptions');
  findUnknown(given, found);
  const options = wellShaped(given, found);
  const settings: ResourceServerSettings = {
    jwksUri: options.jwksUri,
    keys: keysOf(options, found),
    issuer: options.issuer,
    audience: [options.audience ?? []].flat(),
    clockTolerance: found.duration('clockTolerance', options.clockTolerance ?? '5s', 0, 60),
    maxAge: found.duration('maxAge', options.maxAge ?? '1h', 1, DAY),
    jwks: {
      timeout: found.duration('jwksTimeout', options.jwksTimeout ?? '5s', 1, 60),
      refresh: found.duration('jwksRefresh', options.jwksRefresh ?? '5m', 10, DAY),
      maxStale: found.duration('jwksMaxStale', options.jwksMaxStale ?? '1h', 10, 7 * DAY),
    },
    sockets: found.sockets(options.sockets),
    clock: options.clock ?? Date.now,
  };
  checkRest(settings, found);
  if (found.any) throw found.error();
  return settings;
}

function findUnknown(options: ResourceServerOptions, found: OptionReader): void {
  for (const key of Object.keys(options).filter((name) => !OPTIONS.includes(name))) {
    if (STATIC.includes(key)) found.add(key, 'shapes the module; write it beside useFactory, not into what it returns');
    else found.add(key, `is no option of a resource server; there are ${OPTIONS.join(', ')}`);
  }
}

function keysOf({ keys, jwksUri }: ResourceServerOptions, found: OptionReader): ResourceServerSettings['keys'] {
  if (keys === undefined) {
    if (jwksUri === undefined) found.add('jwksUri', "is missing; give the address of the issuer's keys, or keys");
    else {
      const problem = jwksUriProblem(jwksUri);
      if (problem) found.add('jwksUri', problem);
    }
    return undefined;
  }
  if (jwksUri !== undefined) found.add('jwksUri', 'is given beside keys; leave one of them out');
  // An own member: every list has a method of this name.
  if (typeof keys === 'object' && keys !== null && Object.hasOwn(keys, 'keys')) {
    try {
      return readJwkSet(keys);
    } catch (error) {
      found.add('keys', (error as RangeError).message);
      return undefined;
    }
  }
  const { ring, problems } = readVerificationKeys(keys as AccessKeys);
  for (const problem of problems) found.addLine(`keys${problem}`);
  // This service signs nothing: a private key that came along is not kept.
  return new Map(ring.map((key) => [key.kid, { ...key, signingKey: undefined }]));
}

function checkRest({ issuer, audience, jwksUri, jwks }: ResourceServerSettings, found: OptionReader): void {
  if (typeof issuer !== 'string' || issuer === '')
    found.add('issuer', 'is missing; write the issuer that the other app is configured with');
  if (audience.length === 0 || audience.some((name) => typeof name !== 'string' || name === ''))
    found.add('audience', 'is missing or has an empty name; write how the issuer names this service');
  // Else every refresh would find the keys just too old.
  if (jwksUri !== undefined && jwks.maxStale < jwks.refresh + jwks.timeout)
    found.add('jwksMaxStale', 'is shorter than jwksRefresh and jwksTimeout together; several times as long is usual');
}
