import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { type OpenClient, URL } from './servers.js';

export interface Seen {
  /** What the client sent. */
  readonly sent: readonly (readonly string[])[];
  /** What its scripts did. */
  readonly inScripts: readonly (readonly string[])[];
}

/** What Redis saw of one client during some work, in the server's own words (MONITOR). */
export async function watchCommands(open: OpenClient, work: () => Promise<unknown>): Promise<Seen> {
  const info = String(await open.send('CLIENT', 'INFO'));
  const address = / addr=(\S+)/.exec(` ${info}`)?.[1];
  const [first, last] = [randomUUID(), randomUUID()];
  // Not ioredis: a line that comes in the same packet as the answer to MONITOR, from any client, breaks its parser.
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
    // Scripts are atomic: what one does follows its call.
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
