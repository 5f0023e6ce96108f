import type { Policy } from '../policy/policy.js';

/** The part of Nest's `ExecutionContext` that does not depend on the transport. */
export interface CallContext {
  /** `'http'`, `'graphql'`, `'ws'` or `'rpc'`. */
  getType<T extends string = string>(): T;
  /** The method that is called. */
  getHandler(): { readonly name: string };
  /** Its class. */
  getClass(): { readonly name: string };
  /** What Nest calls the method with: over HTTP, the request comes first. It carries the caller's token. */
  getArgs<T extends unknown[] = unknown[]>(): T;
}

/** Why something was refused, or failed. */
export interface Refusal {
  /** Of an `AuthError`; of anything else that the app threw, the name: `'ForbiddenException'`. */
  readonly code: string;
  /** What it means over HTTP. From 500 on it is a failure: a store is down, or the app has a mistake. */
  readonly status: number;
  /** The `AuthError`; of anything else a copy with its name, code and stack, and without its message. */
  readonly error: Error;
}

/** One answer of a guard, or of the check of a socket that connects. */
export interface Decision {
  /** How the call came, as Nest names it: `'http'`, `'graphql'`, `'ws'`, `'rpc'`. */
  readonly transport: string;
  /** Absent for a socket that connects: it is admitted if one of its server's handlers would accept it. */
  readonly context?: CallContext | undefined;
  /** What decided. Absent for a socket that connects, and if it is unclear who may call the handler. */
  readonly policy?: Policy | undefined;
  /**
   * Who calls: a `Principal`, or what a Passport strategy of the app's found. `null` if nobody was authenticated, as on
   * public handlers.
   */
  readonly caller: unknown;
  /** `undefined` if the call is allowed. */
  readonly refusal: Refusal | undefined;
  /** How long the guard took. */
  readonly milliseconds: number;
}

/** What the library does besides guarding. One operation may run within another: a login reads stores. */
export type Operation =
  | {
      /**
       * - `login`, `register`, `refresh`, `logout`: what the routes of that name do
       * - `authenticate`: checks a login and a password, for `login` or Passport's `local`
       * - `admit`: begins the session of a user who has proved who they are, or asks for a further factor
       * - `hash_password`, `verify_password`: one hash
       * - `wait_for_hash`: other hashes are running. It comes before the hash, if it is needed at all
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
   * Runs the operation, for example in an async context. It calls `run` before it returns. If it does not, the operation
   * runs all the same.
   */
  within?(run: () => void): void;
  /** The operation has ended. */
  ended?(outcome: Outcome): void;
}

/**
 * Sees what the library does, and cannot change it: it has no answer to return and no promise to pass on. What it throws
 * is logged once for each method.
 */
export interface Observer {
  /**
   * For an observer that is not always needed, such as one with a page that somebody opens. It begins turned off. Called
   * once, at boot, with what turns it on and off. While all observers are off, a call of the guard pays the check of one
   * field. @default on all the time
   */
  onDemand?(turn: (isOn: boolean) => void): void;
  /** After each decision of a guard, and before the handler runs. */
  decided?(decision: Decision): void;
  /** Before each operation. @returns what watches this one; `undefined` if nothing does */
  started?(operation: Operation): OperationWatch | undefined;
}
