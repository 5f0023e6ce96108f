import { AuthError } from '../errors/auth-error.js';
import { concealService } from '../errors/conceal.js';
import { httpStatusOf } from '../errors/http-status.js';
import { isMistake, rememberDetail, Trace } from '../errors/trace.js';
import type { Observation } from '../observation/observation.js';

/** One call of a store. */
export interface StoreCall {
  /** Port and method: `UserStore.findById`. */
  readonly method: string;
  /** The store's class name; none for a plain object. */
  readonly owner: string | undefined;
  readonly args: readonly unknown[];
}

/** How the outcome of a method is read, beyond "an answer or an outage". */
export interface Reading {
  /** Checks an answer. @returns what the library works with @throws AuthError `contract_broken` */
  answer?(value: unknown, call: StoreCall): unknown;
  /** Recognises rejections that are answers. @returns that answer, or `undefined` for a failure @throws AuthError */
  rejection?(error: unknown): { readonly answer: unknown } | undefined;
}

export interface GuardStoreOptions {
  /** Whether a rejection is an answer and not a failure. @default the library's own codes and HTTP exceptions */
  readonly isAnswer?: ((rejection: unknown) => boolean) | undefined;
  /** By method. @default none */
  readonly readings?: Readonly<Record<string, Reading>> | undefined;
  /** @default nobody observes */
  readonly observation?: Observation | undefined;
}

/**
 * Wraps a store so that every failure has a code. A call that rejects, throws or takes longer than `timeout` becomes
 * `store_unavailable` (503), a programming mistake `contract_broken` (500). No failure becomes a 401 or grants access.
 * The library's own codes and HTTP exceptions stay unchanged. The store cannot be inspected through the wrapper.
 *
 * @param timeout in milliseconds
 */
export function guardStore<T extends object>(
  store: T,
  name: string,
  timeout: number,
  { isAnswer = isRefusal, readings = {}, observation }: GuardStoreOptions = {},
): T {
  return concealService(store, (work, key, args) => {
    const method = String(key);
    const reading = Object.hasOwn(readings, method) ? (readings[method] as Reading) : {};
    const guard = { call: { method: `${name}.${method}`, owner: classOf(store), args }, timeout, isAnswer, reading };
    const observers = observation?.operations;
    if (observers === undefined) return run(work, guard);
    return observers.watch({ name: 'store', store: name, method }, () => run(work, guard), isAnswer);
  });
}

/** The rejection of the deadline. */
const SILENCE = Object.freeze({});

interface Guard {
  readonly call: StoreCall;
  readonly timeout: number;
  readonly isAnswer: (rejection: unknown) => boolean;
  readonly reading: Reading;
}

async function run(work: () => unknown, { call, timeout, isAnswer, reading }: Guard): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(SILENCE), timeout);
  });
  let answer: unknown;
  try {
    answer = await Promise.race([work(), deadline]);
  } catch (error) {
    if (error === SILENCE)
      throw unavailable(new Trace({ ...call, message: `${call.method} did not answer within ${timeout} ms` }));
    const meant = reading.rejection?.(error);
    if (meant) return meant.answer;
    if (isAnswer(error)) throw error;
    throw failure(error, call);
  } finally {
    clearTimeout(timer);
  }
  return reading.answer ? reading.answer(answer, call) : answer;
}

/** The cause says which call failed and how, without the driver's message, which may quote values. */
function failure(error: unknown, { method, owner }: StoreCall): AuthError {
  const cause = Trace.of(error);
  const trace = new Trace({ message: `${method} failed with ${cause.summary}`, owner, cause });
  if (!isMistake(error)) return unavailable(trace);
  rememberDetail(trace, error);
  return new AuthError('contract_broken', { cause: trace });
}

function unavailable(cause: Trace): AuthError {
  return new AuthError('store_unavailable', { retryAfter: 1, cause });
}

function isRefusal(error: unknown): boolean {
  return error instanceof AuthError || httpStatusOf(error) !== undefined;
}

/** The name that the team gave to its store; none for a plain object. */
export function classOf(store: object): string | undefined {
  const name: unknown = Object(Reflect.get(store, 'constructor')).name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : undefined;
}
