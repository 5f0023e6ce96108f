import { type Answer, answerOf, OF_THE_ACCESS_TOKEN, refusalOf, unanswered, unexpected } from './answer.js';
import type { AuthClient, AuthClientOptions, Challenge, LoggedIn, LoginAnswer } from './auth-client.js';
import { AuthClientError } from './auth-client-error.js';
import type { Browser } from './browser.js';
import { cookies } from './cookies.js';
import { sessionEvents } from './session-events.js';
import type { Transport } from './transport.js';
import { turns } from './turns.js';

/** @returns whether a request that was refused may be repeated */
type Renewal = (seen: unknown) => Promise<boolean>;

/**
 * A client of the library's routes, and a `fetch` for the app's own.
 *
 * @example
 * ```ts
 * const auth = createAuthClient({ url: '/auth' });
 * await auth.login({ email, password });
 * const notes = await auth.fetch('/notes');
 * ```
 */
export function createAuthClient({
  url,
  transport: given,
  origins = [],
  timeout = 10_000,
}: AuthClientOptions): AuthClient {
  const { location, navigator, BroadcastChannel } = globalThis as Browser;
  const here = location?.href;
  // Resolved on use, because a page that is rendered on a server makes a client but never calls it.
  const base = () => new URL(url.replace(/\/*$/, '/'), here);
  // Without a name nothing is shared: on a server, two clients are two users.
  const name = here && BroadcastChannel && given?.shared !== false ? `nest-auth:${base()}` : '';
  const locks = name ? navigator?.locks : undefined;
  const transport: Transport = given ?? cookies(name, locks);
  const events = sessionEvents(name);
  const inTurn = turns(timeout, name, locks);
  let renewing: Promise<boolean> | undefined;

  /** One refresh for all requests of this client. */
  const renew: Renewal = (seen) => {
    renewing ??= inTurn(() => renewNow(seen)).finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  const renewNow: Renewal = async (seen) => {
    const known = await transport.repeatable(seen);
    if (known !== undefined) return known;
    try {
      await start('refresh', transport.proof(seen), seen);
    } catch (error) {
      const { status, code } = error as AuthClientError;
      if (status !== 401 || code === 'unexpected_answer') throw error;
      if ((await transport.drop?.(seen)) !== false) {
        events.end(code);
        return false;
      }
    }
    return true;
  };

  const send = async (input: Parameters<typeof fetch>[0], init?: RequestInit, renewal?: Renewal): Promise<Response> => {
    const own = (input as Request).url;
    const target = new URL(own ?? input, base());
    if (![base().origin, ...origins].includes(target.origin)) return fetch(input, init);
    const request = new Request(own ? input : target, { ...transport.init, ...init });
    const attempt = (one: Request, seen: unknown) => {
      transport.dress?.(one, seen);
      return fetch(one);
    };
    const seen = renewal && (await transport.seen());
    const response = await attempt(request.clone(), seen);
    if (!renewal || !OF_THE_ACCESS_TOKEN.test(await refusalOf(response))) return response;
    const { signal } = request;
    // The caller stops waiting at once; the refresh continues for other callers.
    const isRenewed = await new Promise<boolean>((resolve, reject) => {
      signal.onabort = () => reject(signal.reason);
      renewal(seen).then(resolve, reject);
    });
    // Another request may have begun the refresh for another login.
    if (!isRenewed || (await transport.repeatable(seen)) === false) return response;
    return attempt(request, await transport.seen());
  };

  /** Calls one of the library's routes, without credentials if there is no `renewal`. */
  const call = async (method: string, path: string, body?: object, renewal?: Renewal): Promise<Answer | undefined> => {
    const target = new URL(path, base());
    const init: RequestInit = {
      method,
      // A redirect could send the body to another origin.
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
      ...(body && {
        headers: { 'Content-Type': 'application/json', ...transport.headers },
        body: JSON.stringify(body),
      }),
    };
    try {
      return await answerOf(await send(target, init, renewal));
    } catch (error) {
      throw error instanceof AuthClientError ? error : unanswered(error);
    }
  };

  /** Calls a route that begins a session, or continues the session of `seen`. */
  const start = async (path: string, body: object, seen?: unknown, renewal?: Renewal): Promise<LoginAnswer> => {
    const answer = (await call('POST', path, body, renewal)) ?? {};
    if (answer.challenge ?? answer.pending) return answer as unknown as Challenge;
    const shown = await transport.keep(answer, seen);
    if (!shown) throw unexpected(200);
    events.begin();
    return shown as unknown as LoggedIn;
  };

  const leave = (path: string) =>
    inTurn(async () => {
      try {
        await call('POST', path, transport.proof(await transport.seen()), renewNow);
      } finally {
        // Without an answer, tokens can be deleted, but cookies cannot.
        if (await transport.drop?.()) events.end('logout');
      }
      events.end('logout');
    });

  /** Calls any route. The caller names the type of the answer. */
  const ask = <T>(method: string, path: string, body?: object) => call(method, path, body, renew) as Promise<T>;

  /** Calls a route that answers only logged-in users. */
  const read = async <T>(path: string) => {
    const answer = await ask<T>('GET', path);
    events.live();
    return answer;
  };

  return {
    fetch: (input, init) => send(input, init, renew),
    login: (body, step) => inTurn(() => start(step ? `login/${step}` : 'login', body)),
    register: (body) => inTurn(() => start('register', body)),
    logout: () => leave('logout'),
    logoutAll: () => leave('logout-all'),
    me: () => read('me'),
    sessions: () => read('sessions'),
    endSession: (id) => ask('DELETE', `sessions/${encodeURIComponent(id)}`),
    confirm: (password) =>
      inTurn(async () => start('confirm', { password }, await transport.seen(), renewNow)) as Promise<LoggedIn>,
    changePassword: (body) => ask('POST', 'password', body),
    forgotPassword: (body) => ask('POST', 'password/forgot', body),
    resetPassword: (body) => ask('POST', 'password/reset', body),
    call: ask,
    on: (_event, listener) => events.on(listener),
  };
}
