import type { Locks } from '../../src/browser.js';

/** Timers of this length or longer are run by hand. */
const LONG = 30_000;

/** Parts of a browser that Node lacks: the page's address, cookies that `fetch` sends, locks and channels of tabs. */
export function enterBrowser(origin: string, { locks = true } = {}) {
  const before = new Map<string, PropertyDescriptor | undefined>();
  const put = (name: string, value: unknown) => {
    before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  };
  const jar = new Map<string, string>();
  const manager = lockManager();
  const plain = globalThis.fetch;
  put('location', { href: `${origin}/page` });
  put('navigator', locks ? { locks: manager } : {});
  put('BroadcastChannel', channels());
  put('fetch', async (input: string | Request, init?: RequestInit) => {
    const request = new Request(input, init);
    const isOurs = new URL(request.url).origin === origin || request.credentials === 'include';
    if (isOurs && jar.size > 0) request.headers.set('cookie', [...jar].map((pair) => pair.join('=')).join('; '));
    const response = await plain(request);
    for (const line of isOurs ? response.headers.getSetCookie() : []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  });
  const later: (() => void)[] = [];
  const timer = globalThis.setTimeout;
  put('setTimeout', (work: () => void, ms = 0) => (ms < LONG ? timer(work, ms) : later.push(work)));
  return {
    jar,
    locks: manager,
    /** Runs the timers that a test would not wait for. */
    elapse: () => {
      for (const work of later.splice(0)) work();
    },
    leave: () => {
      for (const [name, descriptor] of before) {
        if (descriptor) Object.defineProperty(globalThis, name, descriptor);
        else Reflect.deleteProperty(globalThis, name);
      }
    },
  };
}

interface Entry {
  readonly name: string;
  readonly shared: boolean;
  readonly grant: () => void;
}

/** Grants locks in the order of the requests, and lists the held ones: https://w3c.github.io/web-locks/ */
function lockManager(): Locks & { held(): string[] } {
  const held: Entry[] = [];
  const waiting: Entry[] = [];
  const serve = () => {
    for (const entry of [...waiting]) {
      const ahead = waiting.slice(0, waiting.indexOf(entry)).concat(held);
      if (ahead.some(({ name, shared }) => name === entry.name && !(shared && entry.shared))) continue;
      waiting.splice(waiting.indexOf(entry), 1);
      held.push(entry);
      entry.grant();
    }
  };
  return {
    request: (name, { mode, signal }, work) =>
      new Promise((resolve, reject) => {
        const grant = () => {
          const done = Promise.resolve().then(work);
          const release = () => {
            held.splice(held.indexOf(entry), 1);
            serve();
          };
          done.then(release, release);
          resolve(done);
        };
        const entry: Entry = { name, shared: mode === 'shared', grant };
        signal?.addEventListener('abort', () => {
          if (!waiting.includes(entry)) return;
          waiting.splice(waiting.indexOf(entry), 1);
          reject(signal.reason);
        });
        waiting.push(entry);
        serve();
      }),
    query: async () => ({ held: held.map(({ name }) => ({ name })) }),
    held: () => held.map(({ name }) => name),
  };
}

/** Messages reach every other channel of the same name, asynchronously. */
function channels() {
  const open = new Set<{ readonly name: string; onmessage: ((event: { data: unknown }) => void) | null }>();
  return class {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    constructor(readonly name: string) {
      open.add(this);
    }
    postMessage(data: unknown): void {
      for (const channel of open) {
        if (channel !== this && channel.name === this.name) setImmediate(() => channel.onmessage?.({ data }));
      }
    }
  };
}
