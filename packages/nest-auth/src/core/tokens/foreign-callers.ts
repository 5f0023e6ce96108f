import { AuthError } from '../errors/auth-error.js';
import type { Principal } from '../policy/principal.js';
import type { Revocations } from '../revocation/revocations.js';
import type { Clock } from '../time.js';
import type { FoundCaller, TokenHooks } from './token-hooks.js';

export interface ForeignCallersOptions {
  /** Features that may accept tokens of other systems. @default none */
  readonly hooks?: readonly TokenHooks[];
  readonly revocations?: Revocations | undefined;
  /** Maximum lifetime of the library's own access tokens, in seconds. */
  readonly maxAge: number;
  readonly clock: Clock;
}

/** A feature's answer about a token. */
interface Found extends FoundCaller {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  /** Number of revocations when this caller was last found not revoked. */
  clearedOf: number;
}

/** Finds the callers of tokens that the library did not issue. */
export class ForeignCallers {
  readonly #found = new WeakMap<object, Found>();

  constructor(private readonly options: ForeignCallersOptions) {}

  /** Whether any feature accepts tokens of other systems. */
  get mayExist(): boolean {
    return this.options.hooks?.some(({ foreignCaller }) => foreignCaller !== undefined) === true;
  }

  /**
   * @param known the caller of an open connection. Features are then asked again only when an access token of the
   * library would have expired, or when the caller's session may have ended
   * @throws AuthError `invalid_token`, and the errors of features
   */
  async find(token: string, known?: unknown): Promise<Principal> {
    const { hooks = [], revocations, clock } = this.options;
    const found = this.#found.get(Object(known));
    if (found?.token === token && (await this.#isCurrent(found))) return found.caller;
    // Read before the features are asked, so that the next check sees what was revoked meanwhile.
    const [askedAt, clearedOf] = [clock(), revocations?.added ?? 0];
    for (const hook of hooks) {
      const answer = await hook.foreignCaller?.(token);
      if (answer === undefined) continue;
      this.#found.set(answer.caller, { ...answer, token, askedAt, clearedOf });
      return answer.caller;
    }
    throw new AuthError('invalid_token');
  }

  /** @returns `false` if the features must be asked again */
  async #isCurrent(found: Found): Promise<boolean> {
    const { revocations, clock, maxAge } = this.options;
    // Without a source, only the store knows which sessions other processes have ended.
    if (!revocations?.source) return false;
    const now = clock();
    if (now >= found.until || now >= found.askedAt + maxAge * 1000) return false;
    if (!revocations.source.isCurrent()) await revocations.source.catchUp();
    const { added } = revocations;
    if (found.clearedOf === added) return true;
    const { sessionId, id } = found.caller;
    if (revocations.hasSession(sessionId) || revocations.hasUser(id)) return false;
    found.clearedOf = added;
    return true;
  }
}
