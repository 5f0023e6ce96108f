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

/** What happens to the app in `main.ts`. */
export interface Steps {
  /** It would listen. */
  list(app: INestApplicationContext): Promise<void>;
  /** It is complete, and may never listen. */
  ready(): void;
  /** It cannot be listed. `main.ts` gets the error too, and may catch it. */
  failed(error: unknown): void;
}

/**
 * The app that `main.ts` gets. It calls `list` instead of listening.
 * @param isPreview whether its providers were not built
 */
export function previewedApp(app: INestApplicationContext, isPreview: boolean, steps: Steps): INestApplicationContext {
  const never = async () => {
    await steps.list(app);
    // Never resolves, so main.ts does not run any further.
    return new Promise<never>(() => {});
  };
  const init = async () => {
    try {
      if (!isPreview) await app.init();
      steps.ready();
    } catch (error) {
      steps.failed(error);
      throw error;
    }
    return proxy;
  };
  const proxy: INestApplicationContext = new Proxy(app, {
    get(target, key) {
      if (['listen', 'listenAsync', 'startAllMicroservices'].includes(String(key))) return never;
      if (key === 'init') return init;
      if (isPreview) {
        if (key === 'get') return (token: unknown) => provided(target, token);
        if (key === 'resolve') return async (token: unknown) => provided(target, token);
        if (key === 'select') return (...module: [never]) => previewedApp(target.select(...module), isPreview, steps);
        if (OPENING.includes(String(key)))
          return () => (key === 'connectMicroservice' ? standIn('microservice') : proxy);
      }
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const problem = DECISIVE.includes(String(key)) ? unknownIn(String(key), args) : undefined;
        if (problem) {
          steps.failed(problem);
          throw problem;
        }
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

function unknownIn(method: string, args: readonly unknown[]): CliError | undefined {
  // A stand-in of a guard is enough: the list needs only its class.
  const origin = method === 'useGlobalGuards' ? undefined : originOf(args);
  if (origin === undefined) return undefined;
  return new CliError(
    `app.${method}(…) gets a value of ${origin}, which is unknown because no provider was built. Read it from the environment in main.ts, or run with --full, which boots the app with all of its providers.`,
  );
}
