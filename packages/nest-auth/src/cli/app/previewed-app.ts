import type { INestApplicationContext, Type } from '@nestjs/common';
import { CliError } from '../command-line.js';
import { originOf, standIn } from './stand-in.js';

/** What Nest keeps of a provider. */
interface Wrapper {
  readonly instance: unknown;
  readonly isNotMetatype: boolean;
  readonly inject?: unknown;
  readonly host?: { readonly initOnPreview?: boolean };
}
interface Container {
  getModules(): ReadonlyMap<
    string,
    Readonly<Record<'providers' | 'controllers' | 'injectables', ReadonlyMap<unknown, Wrapper>>>
  >;
}

/** These methods decide about paths, versions and guards, so their arguments must not be stand-ins. */
const DECISIVE = ['setGlobalPrefix', 'enableVersioning', 'useGlobalGuards'];
/** These methods would open a connection or change the process. */
const OPENING = ['connectMicroservice', 'useLogger', 'flushLogs', 'enableShutdownHooks', 'close'];

/** Called when `main.ts` would listen. */
export type Listed = (app: INestApplicationContext) => Promise<void>;

/**
 * The app that `main.ts` gets. It calls `list` instead of listening.
 * @param isPreview whether its providers were not built
 */
export function previewedApp(app: INestApplicationContext, isPreview: boolean, list: Listed): INestApplicationContext {
  const never = async () => {
    await list(app);
    // Never resolves, so main.ts does not run any further.
    return new Promise<never>(() => {});
  };
  const proxy: INestApplicationContext = new Proxy(app, {
    get(target, key) {
      if (['listen', 'listenAsync', 'startAllMicroservices'].includes(String(key))) return never;
      if (isPreview) {
        if (key === 'init') return async () => proxy;
        if (key === 'get') return (token: unknown) => provided(target, token);
        if (key === 'resolve') return async (token: unknown) => provided(target, token);
        if (OPENING.includes(String(key)))
          return () => (key === 'connectMicroservice' ? standIn('microservice') : proxy);
      }
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (DECISIVE.includes(String(key))) assertKnown(String(key), args);
        const answer: unknown = value.apply(target, args);
        return answer === target ? proxy : answer;
      };
    },
  });
  return proxy;
}

/** A value that exists even if no provider was built, or a stand-in. */
function provided(app: INestApplicationContext, token: unknown): unknown {
  const { container } = app as unknown as { readonly container: Container };
  for (const { providers, controllers, injectables } of container.getModules().values()) {
    const wrapper = providers.get(token) ?? controllers.get(token) ?? injectables.get(token);
    const isThere = wrapper?.host?.initOnPreview || (wrapper?.isNotMetatype && !wrapper.inject);
    if (isThere && wrapper.instance) return wrapper.instance;
  }
  const type = typeof token === 'function' ? (token as Type<object>) : undefined;
  return standIn(`app.get(${type?.name ?? String(token)})`, type);
}

function assertKnown(method: string, args: readonly unknown[]): void {
  // A stand-in of a guard is enough: the list needs only its class.
  const origin = method === 'useGlobalGuards' ? undefined : originOf(args);
  if (origin === undefined) return;
  throw new CliError(
    `app.${method}(…) gets a value of ${origin}, which is unknown because no provider was built. Read it from the environment in main.ts, or run with --full, which boots the app with all of its providers.`,
  );
}
