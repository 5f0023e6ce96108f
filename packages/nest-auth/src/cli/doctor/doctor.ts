import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { INestApplicationContext } from '@nestjs/common';
import { withApp } from '../app/booted-app.js';
import { entryFile } from '../app/entry-file.js';
import { CliError } from '../command-line.js';
import { configurationOf } from './configuration.js';
import { explained } from './database-errors.js';
import { installationOf } from './installation.js';
import { type Report, reportText } from './report.js';
import { storesOf } from './stores.js';

/**
 * Boots an app without listening, and reports on its installation, configuration and stores.
 * @returns the text, and whether there is something to change
 * @throws CliError if the app cannot be found
 */
export async function doctor(args: readonly string[]): Promise<{ readonly text: string; readonly isWell: boolean }> {
  const { entry, isProduction } = read(args);
  const file = entryFile(process.cwd(), entry);
  // Before the app is loaded, because its modules may read NODE_ENV when they are imported.
  if (isProduction) process.env.NODE_ENV = 'production';
  const reports = [installationOf(dirname(file)), ...(await booted(file))];
  return { text: reportText(reports), isWell: reports.every(({ problems }) => problems.length === 0) };
}

async function booted(file: string): Promise<readonly Report[]> {
  const environment = { facts: { NODE_ENV: process.env.NODE_ENV ?? '(not set)' }, problems: [] };
  try {
    return [environment, ...(await withApp(file, true, examine))];
  } catch (error) {
    if (error instanceof CliError) throw error;
    return [environment, { facts: { boot: 'fails' }, problems: refusal(error), hints: [BOOT_STOPPED] }];
  }
}

/** The reports that need a running app. */
export async function examine(app: INestApplicationContext): Promise<readonly Report[]> {
  return [configurationOf(app), await storesOf(app)];
}

const BOOT_STOPPED = 'The boot has stopped here, so later checks have not run. Run this again after the change.';

/**
 * Splits the library's own message into its problems. Another message may quote values of a query, so only names and
 * codes are shown.
 */
export function refusal(error: unknown): readonly string[] {
  const { message, code, stack } = Object(error) as Readonly<Record<string, unknown>>;
  if (code === 'invalid_configuration') {
    const [head = '', ...problems] = String(message).split('\n  - ');
    return problems.length > 0 ? problems : [head];
  }
  const place = String(stack ?? '')
    .split('\n')
    .find((line) => /^\s+at /.test(line) && !line.includes('node:'));
  const where = place ? `,${place.replace(/^\s+/, ' ')}` : '';
  return [`The app does not start${explained(error)}${where}. Start it to see the whole error.`];
}

function read(args: readonly string[]) {
  try {
    const options = { production: { type: 'boolean' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (positionals.length > 1) throw new Error(`doctor ${positionals.join(' ')} names more than one entry.`);
    return { entry: positionals[0], isProduction: values.production === true };
  } catch (error) {
    throw new CliError(`${(error as Error).message}\n\nUsage: nest-auth doctor [entry] [--production]`);
  }
}
