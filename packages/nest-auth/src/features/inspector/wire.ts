/** What the page gets, as JSON. This file imports nothing, because the page in the browser uses it too. */

export interface ShownCaller {
  readonly id: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** A device that is logged in, without its name and address. Times are in milliseconds since the epoch. */
export interface ShownSession {
  /** How the user logged in (`amr`, RFC 8176). */
  readonly methods: readonly string[];
  readonly createdAt: number;
  /** A whole hour. */
  readonly lastUsedAt: number;
  readonly authenticatedAt: number;
}

/** One decision of a guard. Nothing in it comes from a header, a body, a query or a path. */
export interface ShownDecision {
  /** Counts up from 1. */
  readonly seq: number;
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly transport: string;
  /** The route as it is declared, `GET /notes/:id`, or the name of another kind of call. */
  readonly call: string;
  /** `NotesController.list` */
  readonly handler: string;
  /** The code of an `AuthError`, or the name of the app's own error. `undefined` if the call is allowed. */
  readonly code?: string;
  /** Why it is refused, as a sentence. */
  readonly why?: string;
  readonly caller: ShownCaller | null;
  readonly microseconds: number;
}

/** What the event `decisions` carries. */
export interface ShownDecisions {
  /** How many were dropped since the last event, because this page reads too slowly. */
  readonly missed: number;
  readonly decisions: readonly ShownDecision[];
}

export interface ShownFinding {
  readonly code: string;
  /** The call that the finding is about. Without it, the finding is about the whole app. */
  readonly name?: string;
  readonly message: string;
  readonly remedy: string;
}

export interface ShownPolicy {
  readonly kind: string;
  readonly name: string;
  readonly handler: string;
  readonly access: string;
  /** What the caller must have, as phrases: `'the role admin'`. */
  readonly needs: readonly string[];
  /** Where the policy is declared: `'NotesController'`, or `'default'`. */
  readonly source: string;
  readonly guards: readonly string[];
  /** Whether the library or a feature brings it. */
  readonly isOwn: boolean;
  readonly findings: readonly ShownFinding[];
}

export interface ShownPolicies {
  readonly policies: readonly ShownPolicy[];
  readonly findings: readonly ShownFinding[];
}

export interface ShownCount {
  readonly name: string;
  readonly count: number;
}

export interface ShownState {
  /** When the counting began, in milliseconds since the epoch. */
  readonly since: number;
  readonly now: number;
  readonly transport: string;
  readonly features: readonly string[];
  readonly keys: readonly {
    readonly kid: string;
    readonly alg: string;
    readonly signs: boolean;
    readonly since: number;
  }[];
  readonly hashes: {
    readonly running: number;
    readonly waiting: number;
    readonly concurrency: number;
    readonly capacity: number;
  };
  /** `age` in milliseconds. */
  readonly revocation: { readonly mode: string; readonly age?: number };
  readonly connections: number;
  readonly pages: number;
  /** `duration` in seconds; `refused` since `since`. */
  readonly budgets: readonly { readonly name: string; readonly points: number; readonly duration: number }[];
  /** The events since `since`, by name. */
  readonly events: readonly ShownCount[];
  /** Attempts that were refused because a budget was used up, by kind of attempt. */
  readonly throttled: readonly ShownCount[];
}
