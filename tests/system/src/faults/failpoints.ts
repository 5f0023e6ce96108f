import type { Failpoint } from '../protocol.js';

/** Lets a process die at a chosen step. */
export class Failpoints {
  #armed: Failpoint | undefined;

  arm(failpoint: Failpoint): void {
    this.#armed = failpoint;
  }

  /** Returns the same store, but an armed call ends the process before the call begins, or after the write is done. */
  wrap<T extends object>(store: T, name: string): T {
    return new Proxy(store, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          this.#pass(`${name}.${String(key)}`, 'before');
          const answer: unknown = await Reflect.apply(member, target, args);
          this.#pass(`${name}.${String(key)}`, 'after');
          return answer;
        };
      },
    });
  }

  #pass(call: string, at: Failpoint['at']): void {
    if (this.#armed?.call === call && this.#armed.at === at) process.kill(process.pid, 'SIGKILL');
  }
}
