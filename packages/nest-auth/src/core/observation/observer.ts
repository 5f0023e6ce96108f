import type { Policy } from '../policy/policy.js';

/** The part of Nest's `ExecutionContext` that does not depend on the transport. */
export interface CallContext {
  /** `'http'`, `'graphql'`, `'ws'` or `'rpc'`. */
  getType<T extends string = string>(): T;
  /** The method that is called. */
  getHandler(): { readonly name: string };
  /** Its class. */
  getClass(): { readonly name: string };
  /** The arguments of the method: over HTTP, the request comes first. They contain the caller's token. */
  getArgs<T extends unknown[] = unknown[]>(): T;
}

/** Why something was refused, or failed. */
export interface Refusal {
  /** The code of an `AuthError`, or the name of another error: `'ForbiddenException'`. */
  readonly code: string;
  /** The HTTP status. From 500 on it is a failure: a store is down, or the app has a mistake. */
  readonly status: number;
  /** The `AuthError`, or a copy of another error with its name, code and stack, without its message. */
  readonly error: Error;
}

/** One decision of a guard, or about a socket that connects. */
export interface Decision {
  /** The transport, as Nest names it: `'http'`, `'graphql'`, `'ws'`, `'rpc'`. */
  readonly transport: string;
  /** Absent for a connecting socket: it is admitted if any handler of its server would accept it. */
  readonly context?: CallContext | undefined;
  /** The policy of the handler. Absent for a connecting socket, and if it is unclear who may call the handler. */
  readonly policy?: Policy | undefined;
  /**
   * A `Principal`, or the user of the app's own Passport strategy. `null` if nobody was authenticated, as on public
   * handlers.
   */
  readonly caller: unknown;
  /** `undefined` if the call is allowed. */
  readonly refusal: Refusal | undefined;
  /** How long the guard took. */
  readonly milliseconds: number;
}

/** Work of the library other than guarding. One operation may run within another: a login reads stores. */
export type Operation =
  | {
      /**
       * - `login`, `register`, `refresh`, `logout`: what the routes of that name do
       * - `authenticate`: checks a login and a password, for `login` or Passport's `local`
       * - `admit`: begins the session of a user who has proved who they are, or asks for a further factor
       * - `hash_password`, `verify_password`: one hash
       * - `wait_for_hash`: waits for other hashes, before the hash itself
       */
      readonly name:
        | 'login'
        | 'register'
        | 'refresh'
        | 'logout'
        | 'authenticate'
        | 'admit'
        | 'hash_password'
        | 'verify_password'
        | 'wait_for_hash';
    }
  | {
      /** A call of a store, or of a counter of attempts. */
      readonly name: 'store';
      /** `'UserStore'`, or for a counter `'AttemptLimit.account'`. */
      readonly store: string;
      /** Its method: `'findById'`. */
      readonly method: string;
    };

/** How an operation ended. */
export interface Outcome {
  readonly milliseconds: number;
  /** `undefined` if it succeeded. */
  readonly refusal: Refusal | undefined;
}

/** Watches one operation. */
export interface OperationWatch {
  /**
   * Runs the operation, for example in an async context. It must call `run` before it returns. If it does not, the
   * operation still runs.
   */
  within?(run: () => void): void;
  /** The operation has ended. */
  ended?(outcome: Outcome): void;
}

/** Sees what the library does and cannot change a result. Its errors are logged once for each method. */
export interface Observer {
  /**
   * For an observer that is not always needed, such as one with a page that somebody opens. It begins turned off.
   * Called once, at boot, with a function that turns it on and off. While all observers are off, a call of the guard
   * costs only the check of one field. @default on all the time
   */
  onDemand?(turn: (isOn: boolean) => void): void;
  /** After each decision of a guard, and before the handler runs. */
  decided?(decision: Decision): void;
  /** Before each operation. @returns the watch of this operation; `undefined` to ignore it */
  started?(operation: Operation): OperationWatch | undefined;
}
