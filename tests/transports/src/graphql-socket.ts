import { AuthError, Authenticated, CurrentUser, type Principal, Public } from '@acme/nest-auth';
import { Injectable, type Type } from '@nestjs/common';
import { Resolver, Subscription } from '@nestjs/graphql';
import { PassportStrategy } from '@nestjs/passport';
import { type Client, type ClientOptions, createClient, type ExecutionResult } from 'graphql-ws';
import { Strategy } from 'passport-custom';
import WebSocket from 'ws';
import { type GraphqlApp, SeenCaller } from './graphql-app.js';
import type { Connection, LongWire } from './long-lived.js';
import type { Outcome, Wire } from './stories.js';

/** Trusts a header that only a proxy may add. */
@Injectable()
export class ProxyStrategy extends PassportStrategy(Strategy, 'proxy') {
  /** What happens while somebody is being authenticated. */
  static meanwhile: () => Promise<void> = async () => {};

  async validate({ headers }: { headers: Record<string, string> }) {
    await ProxyStrategy.meanwhile();
    return headers['x-user'] ? { id: headers['x-user'], roles: [] } : null;
  }
}

/** The number of subscriptions of `ticks` that the server serves now. */
export interface Ticking {
  /** The resolver, and the strategy that one of its subscriptions names. */
  readonly providers: readonly Type[];
  running(): number;
  /** Resolves when that many are served. */
  untilRunning(count: number): Promise<void>;
}

/** A subscription that sends the caller once, and then stays open. */
export function ticking(): Ticking {
  let running = 0;
  const waiting = new Set<() => void>();
  const change = (by: number) => {
    running += by;
    for (const look of waiting) look();
  };

  function events(name: string, caller: Principal | null): AsyncIterableIterator<object> {
    let told = false;
    let open = true;
    let finish = (_end: IteratorResult<object>) => {};
    change(1);
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        if (!open) return { done: true, value: undefined };
        if (told) {
          return new Promise((resolve) => {
            finish = resolve;
          });
        }
        told = true;
        return { done: false, value: { [name]: { caller: caller?.id ?? 'nobody' } } };
      },
      async return() {
        if (open) change(-1);
        open = false;
        finish({ done: true, value: undefined });
        return { done: true, value: undefined };
      },
    };
  }

  @Resolver()
  class Ticks {
    @Subscription(() => SeenCaller)
    ticks(@CurrentUser() caller: Principal) {
      return events('ticks', caller);
    }

    @Subscription(() => SeenCaller, { filter: () => true })
    filteredTicks(@CurrentUser() caller: Principal) {
      return events('filteredTicks', caller);
    }

    @Public()
    @Subscription(() => SeenCaller, { filter: () => true })
    refusedTicks(): AsyncIterableIterator<object> {
      throw new AuthError('too_many_attempts', { retryAfter: 7 });
    }

    @Authenticated('proxy')
    @Subscription(() => SeenCaller)
    proxyTicks(@CurrentUser() caller: Principal) {
      return events('proxyTicks', caller);
    }

    @Public()
    @Subscription(() => SeenCaller)
    openTicks(@CurrentUser() caller: Principal | null) {
      return events('openTicks', caller);
    }
  }

  return {
    providers: [Ticks, ProxyStrategy],
    running: () => running,
    untilRunning: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (running !== count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

/** How a client shows its token. */
export type Showing = (token: string) => { readonly parameters?: object; readonly headers?: Record<string, string> };

export const inParameters: Showing = (token) => ({ parameters: { Authorization: `Bearer ${token}` } });
export const inLowerCase: Showing = (token) => ({ parameters: { authorization: `Bearer ${token}` } });
export const inParameterHeaders: Showing = (token) => ({
  parameters: { headers: { authorization: `Bearer ${token}` } },
});
export const inUpgrade: Showing = (token) => ({ headers: { authorization: `Bearer ${token}` } });

export function clientOf(url: string, shown: ReturnType<Showing> = {}, options: Partial<ClientOptions> = {}): Client {
  const { headers = {}, parameters } = shown;
  class Upgrading extends WebSocket {
    constructor(address: string, protocol: string) {
      super(address, protocol, { headers });
    }
  }
  return createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: Upgrading,
    retryAttempts: 0,
    ...(parameters && { connectionParams: parameters as Record<string, unknown> }),
    ...options,
  });
}

/** The close event of a client's WebSocket. */
export interface CloseEvent {
  readonly code: number;
  readonly reason: string;
}

type Result = ExecutionResult<Record<string, SeenCaller>>;

/** @throws Error whose `message` is the code of the refusal; the close event if the socket was closed */
function seenIn(result: Result | undefined, field: string): SeenCaller {
  const code = result?.errors?.[0]?.extensions?.code;
  if (code) throw new Error(String(code));
  return result?.data?.[field] as SeenCaller;
}

export interface Subscribed extends Connection {
  readonly caller: string;
  readonly closed: Promise<CloseEvent>;
  readonly client: Client;
}

/** Resolves with the first event. @throws Error whose `message` is the code of the refusal */
export async function subscribe(client: Client, field = 'ticks'): Promise<Subscribed> {
  const closed = new Promise<CloseEvent>((resolve) => {
    client.on('closed', (event) => resolve(event as CloseEvent));
  });
  let open = true;
  const events = client.iterate<Record<string, SeenCaller>>({ query: `subscription { ${field} { caller } }` });
  let first: IteratorResult<Result>;
  try {
    first = (await events.next()) as IteratorResult<Result>;
  } catch (refusal) {
    await client.dispose();
    throw Array.isArray(refusal) ? new Error(String(refusal[0]?.extensions?.code ?? refusal[0]?.message)) : refusal;
  }
  const { caller } = seenIn(first.value, field);
  const end = () => {
    open = false;
  };
  const ended = events.next().then(end, end);
  return {
    client,
    caller,
    closed,
    ended,
    isOpen: () => open,
    async close() {
      await events.return?.();
      await client.dispose();
      await closed;
    },
  };
}

export function socketWire({ app, url }: GraphqlApp, show: Showing = inParameters): LongWire {
  return {
    app,
    connect: (token) => subscribe(clientOf(url, token === undefined ? {} : show(token))),
    close: () => app.close(),
  };
}

/** The stories' queries, over a WebSocket each. */
export function queryWire({ app, url }: GraphqlApp): Wire {
  return {
    app,
    async call(handler, token): Promise<Outcome> {
      const client = clientOf(url, token === undefined ? {} : inParameters(token));
      try {
        const query = `{ ${handler} { caller } }`;
        const { value } = await client.iterate<Record<string, SeenCaller>>({ query }).next();
        return seenIn(value, handler);
      } catch (refusal) {
        if (!(refusal instanceof Error)) throw refusal;
        return { code: refusal.message };
      } finally {
        await client.dispose();
      }
    },
    close: () => app.close(),
  };
}
