import type { Order, Reply } from './child.js';

export type Functions = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The start parameters of this process. */
export function settingsOf<T>(): T {
  return JSON.parse(process.env.SUBJECT ?? '{}') as T;
}

/**
 * Offers functions to the bench, after `start` has made them. `ready`, `stop` and `cpu` are always offered. Orders that
 * arrive earlier wait; if `start` fails, each of them fails with its reason.
 */
export function offer(start: () => Functions | Promise<Functions>): void {
  const functions = Promise.resolve().then(start);
  functions.catch(() => undefined);
  process.on('message', async ({ id, call, args }: Order) => {
    process.send?.(await reply(functions, id, call, args));
  });
  // It was stopped, or the bench has ended.
  process.on('disconnect', () => process.exit());
}

async function reply(
  functions: Promise<Functions>,
  id: number,
  call: string,
  args: readonly unknown[],
): Promise<Reply> {
  try {
    const all: Functions = { ready: () => undefined, stop: () => undefined, cpu, ...(await functions) };
    return { id, value: await all[call]?.(...(args as never[])) };
  } catch (error) {
    return { id, error: error instanceof Error ? `${error.stack}` : String(error) };
  }
}

/** Microseconds of processor time so far, all threads together. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
