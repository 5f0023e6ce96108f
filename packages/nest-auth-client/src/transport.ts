import type { Answer } from './answer.js';

/** How requests carry the session: by cookies, or as `bearer()` does. `Seen` is what a request was sent with. */
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
  /** What a refresh or a logout says to show the session. */
  proof(seen: Seen): object;

  // The following run in turn: one at a time.

  /** Whether a refused request may be repeated as things are now; undefined if that takes a refresh first. */
  repeatable(seen: Seen): Promise<boolean | undefined>;
  /**
   * @param seen what the refresh, or the confirmation, was asked with; absent at a login
   * @returns the answer without its tokens; undefined if it neither starts nor continues a session of this kind
   */
  keep(answer: Answer, seen?: Seen): Promise<Answer | undefined>;
  /** @returns whether what was seen is still the present session, which is over now */
  drop?(seen?: Seen): Promise<boolean>;
}
