import { parseArgs } from 'node:util';

export const USAGE = `Usage: nest-auth policy [entry] [options]

Lists who may call what in a built Nest app, without a database and without listening, and writes auth-policy.json.

  entry            the app's entry file (default: what nest-cli.json and package.json say, or dist/main.js)
  --check          compare with the file, and fail if something has changed
  --table          print a table for people
  --graph          print roles and routes as an SVG
  --file <path>    the lockfile (default: auth-policy.json)
  --output <path>  where --table and --graph write to (default: the terminal)
  --full           boot the app with all of its providers, as it does in production, still without listening
  --help           print this

nest-auth doctor [entry] [--production]

Boots the built app without listening, and explains its configuration, its stores and what the boot refuses.

  --production     as it starts with NODE_ENV=production

nest-auth secret

Prints two new secrets as lines of an .env file.`;

/** What the user asks for. */
export interface Command {
  readonly does: 'write' | 'check' | 'table' | 'graph';
  readonly entry: string | undefined;
  readonly file: string;
  readonly output: string | undefined;
  readonly isFull: boolean;
}

/** Something that the user has to correct. The message says what to do. */
export class CliError extends Error {}

/** @returns `undefined` if the user asks for help @throws CliError */
export function readCommand(args: readonly string[]): Command | undefined {
  const { values, positionals } = parsed(args);
  if (values.help) return undefined;
  const [name, entry, ...others] = positionals;
  if (name !== 'policy' || others.length > 0)
    throw new CliError(
      `${name === undefined ? 'No command is given' : `${positionals.join(' ')} is not a command`}.\n\n${USAGE}`,
    );
  const asked = (['check', 'table', 'graph'] as const).filter((one) => values[one]);
  if (asked.length > 1) throw new CliError(`Choose one of ${asked.map((one) => `--${one}`).join(' and ')}.`);
  const does = asked[0] ?? 'write';
  if (values.output !== undefined && does !== 'table' && does !== 'graph')
    throw new CliError('--output is for --table and --graph; the lockfile has --file.');
  return { does, entry, file: values.file ?? 'auth-policy.json', output: values.output, isFull: values.full === true };
}

function parsed(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const options = { check: flag, table: flag, graph: flag, full: flag, help: flag, file: text, output: text };
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new CliError(`${(error as Error).message}\n\n${USAGE}`);
  }
}
