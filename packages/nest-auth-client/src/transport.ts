import type { Answer } from './answer.js';

/** How requests carry the session: by cookies, or as `bearer()` does. `Seen` is the session of a sent request. */
export interface Transport<Seen = unknown> {
  /**
   * Whether the tabs of the origin have one session.
   * @default true
   */
  readonly shared?: boolean;
  /** For every request to the API. */
  readonly init?: RequestInit;
  /** For the bodies of the library's own routes. */
  readonly headers?: Readonly<Record<string, string>>;
  seen(): Seen | Promise<Seen>;
  dress?(request: Request, seen: Seen): void;
  /** What a refresh or a logout sends to prove its session. */
  proof(seen: Seen): object;

  // The following methods run one at a time.

  /** Whether a refused request may be repeated now; undefined if it needs a refresh first. */
  repeatable(seen: Seen): Promise<boolean | undefined>;
  /**
   * @param seen the session that the refresh or the confirmation was sent with; missing at a login
   * @returns the answer without its tokens; undefined if it neither starts nor continues a session of this kind
   */
  keep(answer: Answer, seen?: Seen): Promise<Answer | undefined>;
  /** @returns whether the seen session was still the present one, which is over now */
  drop?(seen?: Seen): Promise<boolean>;
}
