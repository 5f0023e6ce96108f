import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { INestApplicationContext } from '@nestjs/common';
import { CliError } from '../command-line.js';
import { previewedApp } from './previewed-app.js';

type Create = (module: unknown, ...rest: unknown[]) => Promise<INestApplicationContext>;
interface Factory {
  create: Create;
  createMicroservice: Create;
}

interface Core {
  readonly NestFactory?: Factory;
}

/**
 * Runs the entry of an app until it would listen.
 * @param isFull whether its providers are built
 * @returns what `use` returns for the app
 * @throws CliError if the entry makes no app; errors of the entry itself pass through
 */
export async function withApp<T>(entry: string, isFull: boolean, use: (app: INestApplicationContext) => T): Promise<T> {
  const factory = await factoryOf(entry);
  let made: INestApplicationContext | undefined;
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
    intercept(factory, isFull, (app) => {
      made = app;
      return previewedApp(app, !isFull, list);
    });
    // The entry of a serverless function makes an app and never listens.
    const finish = () => (made ? void list(made) : reject(new CliError(noApp(entry))));
    process.once('beforeExit', finish);
    process.once('unhandledRejection', reject);
    run(entry, () => made !== undefined).catch(reject);
  });
  return used;
}

/** Imports the entry; calls its `createApp` if it has one and has made no app itself. */
async function run(entry: string, hasApp: () => boolean): Promise<void> {
  const module = (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
  const { createApp } = { ...(module.default as object | undefined), ...module } as { readonly createApp?: unknown };
  if (!hasApp() && typeof createApp === 'function') await createApp();
}

/** The factory that the app itself uses. */
async function factoryOf(entry: string): Promise<Factory> {
  let path: string;
  try {
    path = createRequire(entry).resolve('@nestjs/core');
  } catch {
    throw new CliError(`${entry} has no @nestjs/core beside it; run this in the folder of the app.`);
  }
  // Node may not see the names that CommonJS exports.
  const core = (await import(pathToFileURL(path).href)) as Core & { readonly default?: Core };
  return core.NestFactory ?? (core.default?.NestFactory as Factory);
}

function intercept(
  factory: Factory,
  isFull: boolean,
  seen: (app: INestApplicationContext) => INestApplicationContext,
): void {
  const quiet = { logger: false, bufferLogs: false, abortOnError: false, ...(isFull ? {} : { preview: true }) };
  const create = factory.create.bind(factory);
  factory.create = async (module, ...rest) => {
    const adapter = rest.slice(0, typeof Object(rest[0]).patch === 'function' ? 1 : 0);
    const options = rest[adapter.length] as object | undefined;
    return seen(await create(module, ...adapter, { ...options, ...quiet }));
  };
  const createMicroservice = factory.createMicroservice.bind(factory);
  factory.createMicroservice = async (module, options) =>
    seen(await createMicroservice(module, { ...(options as object), ...quiet }));
}

function noApp(entry: string): string {
  return `${entry} has run without NestFactory.create. Name the entry that makes the app, or one that exports createApp().`;
}
