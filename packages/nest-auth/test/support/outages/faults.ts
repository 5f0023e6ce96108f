import { AsyncLocalStorage } from 'node:async_hooks';
import type { INestApplication, MiddlewareConsumer, Type } from '@nestjs/common';

/** How a call fails: it throws, or it never answers. */
export type Fault = 'throws' | 'hangs';

/** A request of a test, and which of its calls fails. */
export interface Watched {
  readonly headers: Readonly<Record<string, string>>;
  /** What it has called so far. */
  readonly calls: string[];
  readonly failing: number;
  readonly fault: Fault;
}

const HEADER = 'x-watched';

/** Lets single calls of a request fail, of whatever store they are. Work behind the answer is another matter. */
export class Faults {
  readonly #current = new AsyncLocalStorage<Watched | undefined>();
  readonly #requests = new Map<string, Watched>();

  /** A store whose calls count, and fail when it is their turn. */
  watch<T extends object>(store: T, name: string): T {
    return new Proxy(store, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => this.#call(`${name}.${String(key)}`, () => member.apply(target, args));
      },
    });
  }

  /** A middleware of Express, and a hook of Fastify. */
  readonly #enter = ({ headers }: { readonly headers: object }, _: unknown, next: () => void): void => {
    this.#current.run(this.#requests.get(String(Reflect.get(headers, HEADER))), next);
  };

  /** For the app: follows each request from where its body was read through all that it causes. */
  readonly imports = (): Type[] => {
    const enter = this.#enter;
    return [
      class FollowsRequests {
        configure(consumer: MiddlewareConsumer) {
          if (process.env.HTTP === 'fastify') return;
          consumer.apply(enter).forRoutes('{*path}');
        }
      },
    ];
  };

  /** As `imports`, on Fastify. */
  configure(app: INestApplication): void {
    if (process.env.HTTP !== 'fastify') return;
    app.getHttpAdapter().getInstance().addHook('preHandler', this.#enter);
  }

  /** Runs work behind an answer: its calls neither count nor fail. */
  outside<T>(work: () => T): T {
    return this.#current.run(undefined, work);
  }

  /** @param failing the number of the call that fails. @default none */
  next(failing = Number.NaN, fault: Fault = 'throws'): Watched {
    const id = String(this.#requests.size);
    const watched: Watched = { headers: { [HEADER]: id }, calls: [], failing, fault };
    this.#requests.set(id, watched);
    return watched;
  }

  #call(name: string, work: () => unknown): unknown {
    const watched = this.#current.getStore();
    if (!watched) return work();
    watched.calls.push(name);
    if (watched.calls.length - 1 !== watched.failing) return work();
    if (watched.fault === 'hangs') return new Promise(() => {});
    return Promise.reject(new Error('ECONNREFUSED 127.0.0.1:5432'));
  }
}
