import { AuthError } from '../errors/auth-error.js';
import type { Principal } from '../policy/principal.js';
import type { Revocations } from '../revocation/revocations.js';
import type { Clock } from '../time.js';
import type { FoundCaller, TokenHooks } from './token-hooks.js';

export interface ForeignCallersOptions {
  /** Features that may accept tokens of other systems. @default none */
  readonly hooks?: readonly TokenHooks[];
  readonly revocations?: Revocations | undefined;
  /** How long a token of ours lives at most, in seconds. */
  readonly maxAge: number;
  readonly clock: Clock;
}

/** A feature's answer about a token. */
interface Found extends FoundCaller {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  /** The number of revocations when they were last checked and none was about this caller. */
  clearedOf: number;
}

/** Finds the callers of tokens that the library did not issue. */
export class ForeignCallers {
  readonly #found = new WeakMap<object, Found>();

  constructor(private readonly options: ForeignCallersOptions) {}

  /** Whether a feature may know tokens that are not ours. */
  get mayExist(): boolean {
    return this.options.hooks?.some(({ foreignCaller }) => foreignCaller !== undefined) === true;
  }

  /**
   * @param known the caller that a connection was opened for, while it is open. Features are then asked again only when
   * a token of ours would have to be renewed, or when the caller's session may have ended
   * @throws AuthError `invalid_token`, and what a feature refuses with
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
    // Without a source, only the store knows what other processes have ended.
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
