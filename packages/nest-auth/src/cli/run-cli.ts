import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { listPolicies, type PolicyList, policyLock, policyMismatch } from '@acme/nest-auth';
import { withApp } from './app/booted-app.js';
import { entryFile } from './app/entry-file.js';
import { staleBuild } from './app/stale-build.js';
import { CliError, type Command, readCommand, USAGE } from './command-line.js';
import { counted } from './counted.js';
import { doctor } from './doctor/doctor.js';
import { policyGraph } from './policy/policy-graph.js';
import { policyTable } from './policy/policy-table.js';
import { secretLines } from './secret.js';

/** @returns the exit code: 0 if all is well, 1 if there is something to change, 2 if the command failed */
export async function runCli(args: readonly string[]): Promise<number> {
  const print = process.stdout.write.bind(process.stdout);
  // The output of main.ts goes to stderr, so that stdout has only the answer.
  process.stdout.write = process.stderr.write.bind(process.stderr);
  try {
    if (args.includes('--help')) return say(print, USAGE);
    if (args[0] === 'secret') return say(print, secretLines());
    if (args[0] === 'doctor') return await examined(args.slice(1), print);
    const command = readCommand(args);
    if (!command) return say(print, USAGE);
    const entry = entryFile(process.cwd(), command.entry);
    const warning = staleBuild(process.cwd(), entry);
    if (warning) process.stderr.write(`${warning}\n`);
    return answer(command, await withApp(entry, command.isFull, (app) => listPolicies(app)), print);
  } catch (error) {
    process.stderr.write(`${explained(error, args)}\n`);
    return 2;
  }
}

type Print = (text: string) => unknown;

async function examined(args: readonly string[], print: Print): Promise<number> {
  const { text, isWell } = await doctor(args);
  say(print, text);
  return isWell ? 0 : 1;
}

function answer(command: Command, list: PolicyList, print: Print): number {
  const { does, file, output } = command;
  if (does === 'check') return check(file, list, print);
  if (does === 'write') {
    writeFileSync(resolve(file), policyLock(list));
    return say(print, `Wrote ${counted(list.entries.length, 'handler')} to ${file}.`);
  }
  const text = does === 'table' ? policyTable(list) : policyGraph(list);
  if (output === undefined) return say(print, text);
  writeFileSync(resolve(output), `${text}\n`);
  return 0;
}

function check(file: string, list: PolicyList, print: Print): number {
  const path = resolve(file);
  const mismatch = policyMismatch(existsSync(path) ? readFileSync(path, 'utf8') : undefined, list, file);
  if (mismatch === undefined) return say(print, `No change: ${file} lists ${counted(list.entries.length, 'handler')}.`);
  say(print, mismatch);
  return 1;
}

function say(print: Print, text: string): 0 {
  print(`${text}\n`);
  return 0;
}

/** Errors of the app are shown with their stack, our own without. */
function explained(error: unknown, args: readonly string[]): string {
  if (error instanceof CliError) return error.message;
  const { stack, message } = Object(error) as { readonly stack?: unknown; readonly message?: unknown };
  if (Object(error).code === 'invalid_configuration') return String(message);
  const place = String(stack ?? message ?? error).replaceAll(process.cwd(), '.');
  const hint = 'If main.ts needs its providers before it listens, run with --full.';
  return `The app failed before it listened:\n${place}${args.includes('--full') ? '' : `\n\n${hint}`}`;
}
