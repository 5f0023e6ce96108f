import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { isAbsolute } from 'node:path';
import { Worker } from 'node:worker_threads';
import bcrypt from 'bcrypt';

/**
 * The code of a thread. On Linux a priority applies to one thread: with a lower one the event loop runs first, so that
 * a flood of logins slows down only logins. On other systems it would apply to the whole process. Nice 5, because at 10
 * the threads starve next to busy processes (docs/decisions/0008-priority-of-hashing-threads.md). It is set last,
 * because loading code holds locks for which other threads wait.
 */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const bcrypt = require(workerData);
if (process.platform === 'linux') try { require('node:os').setPriority(0, 5) } catch {}
parentPort.on('message', ([method, ...args]) => {
  try { parentPort.postMessage({ value: bcrypt[method](...args) }) }
  catch (error) { parentPort.postMessage({ error: String(error.message) }) }
});
`;

type Answer = { readonly value: string | boolean } | { readonly error: string };

// CommonJS and bundles of it know their file by `__filename`, ESM by `import.meta.url`. `node --eval` sets `__filename`
// to `[eval]`, for all modules.
const here = typeof __filename === 'string' && isAbsolute(__filename) ? __filename : import.meta.url;
const path = createRequire(here).resolve('bcrypt');
const idle: Worker[] = [];
/** More threads than cores would only wait for each other, so extra threads end after a peak. */
const MAX_IDLE = availableParallelism();

/**
 * Runs bcrypt neither on the event loop nor in libuv's pool, which the file system and DNS use. Each concurrent call
 * has its own thread.
 */
export const bcryptThreads = {
  hash: (password: string, saltOrCost: string | number): Promise<string> =>
    run(['hashSync', password, saltOrCost], () => bcrypt.hash(password, saltOrCost)),
  compare: (password: string, hash: string): Promise<boolean> =>
    run(['compareSync', password, hash], () => bcrypt.compare(password, hash)),
};

function run<T extends string | boolean>(call: readonly unknown[], withoutThreads: () => Promise<T>): Promise<T> {
  const worker = idle.pop() ?? start();
  return worker ? ask<T>(worker, call) : withoutThreads();
}

/** `undefined` if threads are not allowed (`--permission`): then bcrypt's own pool is used. */
function start(): Worker | undefined {
  try {
    const worker = new Worker(SOURCE, { eval: true, workerData: path });
    // The end of an idle thread must not crash the process; the thread only leaves the list.
    worker.on('error', () => {});
    worker.on('exit', () => {
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
    });
    return worker;
  } catch {
    return undefined;
  }
}

function ask<T>(worker: Worker, call: readonly unknown[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (answer: Answer): void => {
      release();
      worker.unref();
      if (idle.length < MAX_IDLE) idle.push(worker);
      else void worker.terminate();
      if ('error' in answer) reject(new Error(answer.error));
      else resolve(answer.value as T);
    };
    const lost = (cause: unknown): void => {
      release();
      reject(new Error('the hashing thread ended', { cause }));
    };
    const release = (): void => {
      worker.off('message', settle).off('error', lost).off('exit', lost);
    };
    worker.on('message', settle).on('error', lost).on('exit', lost);
    worker.ref();
    worker.postMessage(call);
  });
}
