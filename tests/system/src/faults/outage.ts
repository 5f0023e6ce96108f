import type { Answer } from '../client.js';
import { asking, type Device, loggingIn, logIn, signUp, until } from '../device.js';
import { AppProcess } from '../processes.js';
import type { WorkerSettings } from '../protocol.js';
import type { Route } from '../routes.js';
import { FaultyProxy } from './faulty-proxy.js';

/** How long everything may take to work again, in milliseconds. */
export const RECOVERS_WITHIN = 10_000;

/** One process that reaches its servers through proxies. */
export interface Lane {
  readonly app: AppProcess;
  readonly proxies: { readonly postgres: FaultyProxy; readonly redis: FaultyProxy };
  /** Waits until a login, which needs every server, succeeds, and access tokens are accepted again. */
  recovered(): Promise<void>;
  close(): Promise<void>;
}

export type ServerName = keyof Lane['proxies'];

export async function openLane(settings: WorkerSettings): Promise<Lane> {
  const postgres = await FaultyProxy.before(settings.postgres, 5432);
  const redis = await FaultyProxy.before(settings.redis, 6379, 3);
  const app = await AppProcess.start({
    ...settings,
    postgres: postgres.through(settings.postgres),
    redis: redis.through(settings.redis),
    storeTimeout: 1,
  });
  const resident = await signUp(app);
  return {
    app,
    proxies: { postgres, redis },
    recovered: async () => {
      await until(
        () => app.send(loggingIn(resident)),
        ({ status }) => status === 200,
        RECOVERS_WITHIN,
      );
      await until(
        () => app.send(asking(resident)),
        ({ status }) => status === 200,
        RECOVERS_WITHIN,
      );
    },
    close: async () => {
      await Promise.all([postgres.become('pass'), redis.become('pass')]);
      await app.stop();
      await Promise.all([postgres.close(), redis.close()]);
    },
  };
}

/** A request of its own user, which can be sent more than once. */
export interface Attempt {
  readonly name: string;
  readonly route: Route;
  readonly device: Device;
  readonly other: Device;
  send(): Promise<Answer>;
}

export async function prepare(app: AppProcess, name: string, route: Route): Promise<Attempt> {
  const device = await signUp(app);
  const other = await logIn(app, device);
  return { name, route, device, other, send: () => app.send(route.call(device, other)) };
}

/** In milliseconds; `storeTimeout` is a second, and this machine may be busy. */
const BOUND = 3000;

/** How an outage looks from outside: a word for a correct answer, or everything that is wrong with it. */
export function judge({ status, headers, body, text, took }: Answer): string {
  const isUnavailable = status === 503 && body.code === 'store_unavailable' && headers['retry-after'] === '1';
  const leaks =
    headers['www-authenticate'] ?? headers['set-cookie'] ?? /access_token|ECONN|Store|auth_/.exec(text)?.[0];
  if (isUnavailable && leaks === undefined && took < BOUND) return 'unavailable';
  return `${status} after ${Math.round(took)} ms: ${text} ${leaks ?? ''}`;
}

/** The same for an answer that should be a success, or should say that the first try succeeded. */
export function judgeRetry({ route }: Attempt, { status, body, text }: Answer): string {
  if (status === route.succeeds || route.done?.includes(body.code)) return 'works';
  return `${status}: ${text}`;
}

/** Tries again for as long as the answer is 503, as `Retry-After` says. */
export async function retry(send: () => Promise<Answer>, within = RECOVERS_WITHIN): Promise<Answer> {
  const started = performance.now();
  for (;;) {
    const answer = await send();
    if (answer.status !== 503 || performance.now() - started > within) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
