import { isPrivate } from '../../core/private-url.js';
import { insteadOfInstance, kindOf } from '../value-kind.js';
import { type FieldOf, field, type Spec, type TypeText } from './field.js';

type Typed<S, Fallback> = S extends { readonly type: TypeText<infer T> } ? T : Fallback;

interface TextSpec extends Spec<string> {
  /** What to write, as code. */
  readonly example: string;
  /** Returns what is wrong and what to write instead, or `undefined`. */
  readonly check?: (text: string) => string | undefined;
  /** For a narrower type than `string`. */
  readonly type?: TypeText<string>;
}

/** A string that is not empty. */
export function text<const S extends TextSpec>(spec: S): FieldOf<S, Typed<S, string>> {
  const remedy = `write ${spec.example}`;
  return field(spec, {
    type: spec.type ?? 'string',
    remedy,
    read(at, given, found) {
      if (typeof given !== 'string' || given === '') return found.add(at, `is ${kindOf(given)}; ${remedy}`);
      const problem = spec.check?.(given);
      if (problem === undefined) return given;
      found.add(at, problem);
    },
  });
}

interface PageSpec extends Omit<TextSpec, 'check'> {
  /** Whether the library adds something after the `#`. */
  readonly withoutFragment?: true;
  /** Whether it may be an address of an app on a phone, `org.example.app:/page`. */
  readonly orOfApp?: true;
}

/** A page of the app, for mails. Without TLS, anybody in transit can replace it. */
export function page<const S extends PageSpec>(spec: S): FieldOf<S, string> {
  return text({ ...spec, check: (given: string) => pageProblem(given, spec) }) as FieldOf<S, string>;
}

function pageProblem(given: string, { withoutFragment, orOfApp }: PageSpec): string | undefined {
  if (!URL.canParse(given)) return 'is not a URL; write all of it, as in https://app.example.org/page';
  if (withoutFragment && given.includes('#')) return 'has a part behind #; leave it out, the token comes there';
  const { protocol, username, password } = new URL(given);
  if (username !== '' || password !== '') return CREDENTIALS;
  // The scheme of an app is a reversed domain name (RFC 8252 §7.1), which javascript: and data: are not.
  if (orOfApp && !/^https?:$/.test(protocol))
    return protocol.includes('.') ? undefined : "has a scheme that no app owns; write 'org.example.app:/page'";
  return isPrivate(new URL(given)) ? undefined : NOT_PRIVATE;
}

const CREDENTIALS = 'has credentials in it; leave them out';
const NOT_PRIVATE = 'does not begin with https:; http: is for localhost only';

/** The address of a server that the library calls. The library adds a path to it. */
export function url<const S extends Omit<TextSpec, 'check'>>(spec: S): FieldOf<S, string> {
  return text({ ...spec, check: urlProblem }) as FieldOf<S, string>;
}

/** The message does not contain the address, which may include a password. */
function urlProblem(given: string): string | undefined {
  if (!URL.canParse(given)) return 'is not a URL; write all of it, as in https://api.example.org/path';
  const { username, password, search, hash } = new URL(given);
  if (username !== '' || password !== '') return CREDENTIALS;
  if (search !== '' || hash !== '' || given.endsWith('/'))
    return 'ends with a slash, or has a part behind ? or #; leave it out';
  return isPrivate(new URL(given)) ? undefined : NOT_PRIVATE;
}

/** One of a few words. */
export function choice<const S extends Spec<string> & { readonly of: readonly string[] }>(
  spec: S,
): FieldOf<S, S['of'][number]> {
  const words = spec.of.map((word) => `'${word}'`);
  const remedy = `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return field(spec, {
    type: words.join(' | '),
    remedy,
    read: (at, given, found) => (spec.of.includes(given as string) ? given : found.add(at, remedy)),
  });
}

/** `true` or `false`. */
export function flag<const S extends Spec<boolean>>(spec: S): FieldOf<S, boolean> {
  const remedy = 'write true or false';
  return field(spec, {
    type: 'boolean',
    remedy,
    read: (at, given, found) => (typeof given === 'boolean' ? given : found.add(at, `is ${kindOf(given)}; ${remedy}`)),
  });
}

interface ValueSpec<T> extends Spec<T> {
  readonly type: TypeText<T>;
  /** What to do instead: `write …`. */
  readonly remedy: string;
}

/** A value of any kind, checked only by `fits`. */
export function value<T, const S extends ValueSpec<T>>(
  spec: S & ValueSpec<T> & { readonly fits: (given: unknown) => boolean },
): FieldOf<S, T> {
  const { type, remedy } = spec;
  return field(spec, {
    type,
    remedy,
    read: (at, given, found) => (spec.fits(given) ? given : found.add(at, `is ${kindOf(given)}; ${remedy}`)),
  });
}

/** A function. If it is a method, its parameters may be narrower than the library's. */
export function callback<T extends (...args: never[]) => unknown, const S extends ValueSpec<T>>(
  spec: S & ValueSpec<T> & { readonly isMethod?: true },
): FieldOf<S, T> {
  const { type, remedy, isMethod = false } = spec;
  return field(spec, {
    type,
    remedy,
    isMethod,
    read: (at, given, found) => (typeof given === 'function' ? given : found.add(at, `is ${kindOf(given)}; ${remedy}`)),
  });
}

/** An object of the app with methods: a store, a hasher. */
export function port<T extends object, const S extends Spec<T> & { readonly type: TypeText<T> }>(
  spec: S & { readonly type: TypeText<T>; readonly methods: readonly (keyof T & string)[]; readonly remedy?: string },
): FieldOf<S, T> {
  const { type, methods, remedy } = spec;
  return field(spec, {
    type,
    remedy: remedy ?? `pass an object that has ${methods.join(', ')}`,
    read(at, given, found) {
      const instead = insteadOfInstance(given);
      if (instead) return found.add(at, remedy ? instead.replace(/; .*/, `; ${remedy}`) : instead);
      const lacking = methods.filter((method) => typeof Reflect.get(given as T, method) !== 'function');
      if (lacking.length === 0) return given;
      found.add(at, `lacks ${lacking.join(', ')}; ${remedy ?? `add ${lacking.length > 1 ? 'them' : 'it'}`}`);
    },
  });
}
