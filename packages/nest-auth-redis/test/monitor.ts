import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
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
  const plain = new Redis(URL);
  const monitor = await plain.monitor();
  plain.disconnect();
  const lines: { readonly command: string[]; readonly source: string }[] = [];
  const done = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, command: string[], source: string) => {
      lines.push({ command, source });
      if (command[1] === last) resolve();
    });
  });
  await open.send('ECHO', first);
  await work();
  await open.send('ECHO', last);
  await done;
  monitor.disconnect();
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
