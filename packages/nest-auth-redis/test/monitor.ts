import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { type OpenClient, URL } from './servers.js';

export interface Seen {
  /** The commands that the client sent. */
  readonly sent: readonly (readonly string[])[];
  /** The commands that its scripts ran. */
  readonly inScripts: readonly (readonly string[])[];
}

/** The commands that Redis received from one client during some work, as MONITOR prints them. */
export async function watchCommands(open: OpenClient, work: () => Promise<unknown>): Promise<Seen> {
  const info = String(await open.send('CLIENT', 'INFO'));
  const address = / addr=(\S+)/.exec(` ${info}`)?.[1];
  const [first, last] = [randomUUID(), randomUUID()];
  // Not ioredis: its parser fails if a line of any client arrives in the same packet as the answer to MONITOR.
  const monitor = await createClient({ url: URL }).connect();
  const lines: { readonly command: string[]; readonly source: string }[] = [];
  let finish: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await monitor.monitor((line) => {
    const { command, source } = parse(String(line));
    lines.push({ command, source });
    if (command[1] === last) finish();
  });
  await open.send('ECHO', first);
  await work();
  await open.send('ECHO', last);
  await done;
  monitor.destroy();
  const sent: string[][] = [];
  const inScripts: string[][] = [];
  let isOurs = false;
  for (const { command, source } of lines) {
    // Scripts are atomic: the commands of a script follow its call.
    const isScript = source === 'lua';
    if (!isScript) isOurs = source === address;
    if (isOurs && command[1] !== first && command[1] !== last) (isScript ? inScripts : sent).push(command);
  }
  return { sent, inScripts };
}

/** `1339518083.107412 [0 127.0.0.1:60866] "command" "argument"` */
function parse(line: string): { readonly command: string[]; readonly source: string } {
  const source = /^\S+ \[\d+ ([^\]]+)\]/.exec(line)?.[1] ?? '';
  const command = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll(/\\(["\\])/g, '$1'),
  );
  return { command, source };
}
