import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { INestApplicationContext } from '@nestjs/common';
import { CliError } from '../command-line.js';
import { previewedApp } from './previewed-app.js';
import { type ContainerClass, giveStandIns } from './previewed-factories.js';

type Create = (module: unknown, ...rest: unknown[]) => Promise<INestApplicationContext>;
interface Factory {
  create: Create;
  createMicroservice: Create;
}

interface Core {
  readonly NestFactory: Factory;
  readonly NestContainer: ContainerClass;
}

/**
 * Runs the entry of an app until it would listen. From then on, `process.exit` throws.
 * @param isFull whether its providers are built
 * @returns what `use` returns for the app
 * @throws CliError if the entry makes no app; errors of the entry itself pass through
 */
export async function withApp<T>(entry: string, isFull: boolean, use: (app: INestApplicationContext) => T): Promise<T> {
  const { NestFactory, NestContainer } = await coreOf(entry);
  if (!isFull) giveStandIns(NestContainer);
  let made: INestApplicationContext | undefined;
  let isReady = false;
  const used = new Promise<T>((resolve, reject) => {
    const list = async (app: INestApplicationContext) => {
      try {
        // Registers the routes.
        if (isFull) await app.init();
        resolve(use(app));
      } catch (error) {
        reject(error);
      }
    };
    const seen = (app: INestApplicationContext) => {
      made = app;
      return previewedApp(app, !isFull, { list, ready: () => (isReady = true), failed: reject });
    };
    intercept(NestFactory, isFull, seen, reject);
    // The entry of a serverless function makes an app and never listens.
    const finish = () =>
      made && isReady ? void list(made) : reject(new CliError(made ? unready(entry) : noApp(entry)));
    process.once('beforeExit', finish);
    process.on('unhandledRejection', reject);
    // An entry that catches its errors often exits. That would hide them, and the exit code would be its own.
    process.exit = (code) => {
      const error = new CliError(`${entry} called process.exit(${code ?? ''}) before it listened.`);
      reject(error);
      throw error;
    };
    run(entry, () => made !== undefined)
      .then((isMade) => (isReady ||= isMade))
      .catch(reject);
  });
  return used;
}

/**
 * Imports the entry; calls its `createApp` if it has one and has made no app itself.
 * @returns whether `createApp` has made the app
 */
async function run(entry: string, hasApp: () => boolean): Promise<boolean> {
  const module = (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
  const { createApp } = { ...(module.default as object | undefined), ...module } as { readonly createApp?: unknown };
  if (hasApp() || typeof createApp !== 'function') return false;
  await createApp();
  return true;
}

/** The copy of Nest that the app itself uses. */
async function coreOf(entry: string): Promise<Core> {
  let path: string;
  try {
    path = createRequire(entry).resolve('@nestjs/core');
  } catch {
    throw new CliError(`${entry} has no @nestjs/core beside it; run this in the folder of the app.`);
  }
  // Node may not see the names that CommonJS exports.
  const core = (await import(pathToFileURL(path).href)) as Partial<Core> & { readonly default: Core };
  return core.NestFactory ? (core as Core) : core.default;
}

/** @param failed gets the errors in place of main.ts, which may catch them */
function intercept(
  factory: Factory,
  isFull: boolean,
  seen: (app: INestApplicationContext) => INestApplicationContext,
  failed: (error: unknown) => void,
): void {
  const quiet = { logger: false, bufferLogs: false, abortOnError: false, ...(isFull ? {} : { preview: true }) };
  const reported = async (made: Promise<INestApplicationContext>) => {
    try {
      return seen(await made);
    } catch (error) {
      failed(error);
      return new Promise<never>(() => {});
    }
  };
  const create = factory.create.bind(factory);
  factory.create = (module, ...rest) => {
    const adapter = rest.slice(0, typeof Object(rest[0]).patch === 'function' ? 1 : 0);
    const options = rest[adapter.length] as object | undefined;
    return reported(create(module, ...adapter, { ...options, ...quiet }));
  };
  const createMicroservice = factory.createMicroservice.bind(factory);
  factory.createMicroservice = (module, options) =>
    reported(createMicroservice(module, { ...(options as object), ...quiet }));
}

function unready(entry: string): string {
  return `${entry} made an app, but it neither listened nor called app.init(). If it failed, it has caught its error, and printed it above. Otherwise let it call app.init(), or export a function createApp().`;
}

function noApp(entry: string): string {
  return `${entry} has run without NestFactory.create. Name the entry that makes the app, or one that exports createApp().`;
}
