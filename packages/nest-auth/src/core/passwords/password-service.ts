import { randomBytes } from 'node:crypto';
import type { PasswordHasher } from '../../ports/password-hasher.js';
import { string } from '../arguments.js';
import { AuthError } from '../errors/auth-error.js';
import type { Observation } from '../observation/observation.js';
import { observed } from '../observation/observed.js';
import type { HashQueue, HashRequester } from '../resilience/hash-queue.js';
import { type UnknownScheme, unknownScheme } from './hash-scheme.js';
import type { PasswordHooks } from './password-hooks.js';

export interface PasswordServiceOptions {
  /** Hashes new passwords. */
  readonly hasher: PasswordHasher;
  /** Further schemes whose hashes are still accepted. The next login replaces such a hash with one of `hasher`. */
  readonly accepts: readonly PasswordHasher[];
  readonly queue: HashQueue;
  /** In characters (code points), after normalisation. */
  readonly minLength: number;
  readonly maxLength: number;
  /** Called before a chosen password is hashed. @default none */
  readonly hooks?: readonly PasswordHooks[];
  /** Called once for each kind of stored hash that cannot be checked. */
  readonly onUnknownScheme?: (scheme: UnknownScheme) => void;
  /** @default nobody observes */
  readonly observation?: Observation | undefined;
}

export type Verdict = 'match' | 'mismatch' | 'malformed';

/** Hashes and checks passwords, and decides which may be chosen. */
export class PasswordService {
  #common: Promise<ReadonlySet<string>> | undefined;
  #dummy: Promise<string> | undefined;
  readonly #told = new Set<string>();

  constructor(private readonly options: PasswordServiceOptions) {
    // Started now, so that it is ready for the first login; boot does not wait for it.
    this.#dummyHash().catch(() => {});
  }

  /**
   * The only form in which a password is hashed and compared: NFC (NIST SP 800-63B §3.1.1.2), otherwise unchanged.
   * @throws AuthError `password_too_long`, `password_malformed`
   */
  normalise(password: string): string {
    const { maxLength } = this.options;
    string(password, 'password');
    // A composed character has at most four parts of two UTF-16 units, so a longer string is refused before it is
    // normalised.
    if (password.length > maxLength * 8) throw tooLong(maxLength);
    // Hashers written in C end a string at NUL, and encode all lone surrogates as the same bytes.
    if (/\0|\p{Surrogate}/u.test(password)) throw new AuthError('password_malformed');
    const normalised = password.normalize('NFC');
    if ([...normalised].length > maxLength) throw tooLong(maxLength);
    return normalised;
  }

  /**
   * Whether a password may be chosen; it must be normalised.
   * @throws AuthError `password_too_short`, `password_too_common`, `password_is_login`
   */
  async assertAcceptable(password: string, login: string): Promise<void> {
    const { minLength } = this.options;
    if ([...password].length < minLength) {
      throw new AuthError('password_too_short', { message: `Use at least ${minLength} characters.` });
    }
    const folded = password.toLowerCase();
    if (folded === login || folded === login.split('@')[0]) throw new AuthError('password_is_login');
    this.#common ??= commonPasswords(minLength);
    if ((await this.#common).has(folded)) throw new AuthError('password_too_common');
  }

  /**
   * Hashes a password that somebody has chosen, unless a feature refuses it. Every new password is hashed here. The
   * attempt must be counted before, because a feature may send a request.
   * @param password normalised and acceptable
   * @throws AuthError `overloaded`, and the errors of features
   */
  async hashChosen(password: string, login: string, requester?: HashRequester): Promise<string> {
    for (const hook of this.options.hooks ?? []) await hook.beforePassword?.(password, login);
    return this.hash(password, requester);
  }

  /** @throws AuthError `overloaded` */
  async hash(password: string, requester?: HashRequester): Promise<string> {
    return this.#queued('hash_password', () => this.options.hasher.hash(password), requester);
  }

  /**
   * Always takes the time of one hash, also if the stored hash is missing, damaged or of an unknown scheme.
   * @throws AuthError `overloaded`
   */
  async verify(password: string, stored: string | null | undefined, requester?: HashRequester): Promise<Verdict> {
    const { hasher } = this.options;
    // A padded hash (CHAR columns) has no scheme: a hasher that looks only at the prefix would miss the padding.
    const scheme = stored && stored === stored.trim() ? this.#schemeOf(stored) : undefined;
    const check = async () => {
      // Always awaited; otherwise the first unknown logins would be slower and recognisable.
      const dummy = await this.#dummyHash();
      if (!scheme || !stored) return hasher.verify(password, dummy);
      const matches = await scheme.verify(password, stored);
      // After a match too: the right password of a disabled account must take as long as a wrong one.
      await hasher.spendRest?.(password, stored);
      return matches;
    };
    const matches = await this.#queued('verify_password', check, requester);
    if (typeof stored === 'string' && !scheme) {
      this.#tell(stored);
      return 'malformed';
    }
    return scheme && matches ? 'match' : 'mismatch';
  }

  /** Observed as one operation: its parts would reveal whether the login exists. */
  #queued<T>(
    name: 'hash_password' | 'verify_password',
    work: () => Promise<T>,
    requester: HashRequester | undefined,
  ): Promise<T> {
    const { queue, observation } = this.options;
    return queue.run(() => observed(observation, name, work), requester);
  }

  needsRehash(stored: string): boolean {
    const { hasher } = this.options;
    return !hasher.recognises(stored) || hasher.needsRehash(stored);
  }

  /** A hash at today's cost: an unknown login takes as long as a wrong password. If it failed, it is computed again. */
  #dummyHash(): Promise<string> {
    this.#dummy ??= this.options.hasher.hash(randomBytes(18).toString('base64url')).catch((error: unknown) => {
      this.#dummy = undefined;
      throw error;
    });
    return this.#dummy;
  }

  #tell(stored: string): void {
    const scheme = unknownScheme(stored, (hash) => this.#schemeOf(hash) !== undefined);
    if (this.#told.has(scheme.family)) return;
    this.#told.add(scheme.family);
    this.options.onUnknownScheme?.(scheme);
  }

  #schemeOf(stored: string): PasswordHasher | undefined {
    const { hasher, accepts } = this.options;
    return [hasher, ...accepts].find((scheme) => scheme.recognises(stored));
  }
}

/** Loaded when the first password is chosen: it takes a fifth of the library's load time, and few processes need it. */
async function commonPasswords(minLength: number): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common'].filter((common) => common.length >= minLength));
}

function tooLong(maxLength: number): AuthError {
  return new AuthError('password_too_long', { message: `Use at most ${maxLength} characters.` });
}
