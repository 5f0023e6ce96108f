import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the secrets are, and the embedded database: DATA_DIR, or `data` beside this app. */
export function dataDirectory(): string {
  const path = process.env.DATA_DIR ?? fileURLToPath(new URL('../data', import.meta.url));
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/**
 * Two processes that write to one embedded database would destroy it.
 * @throws Error when another process has it open
 */
export function claimDatabase(directory: string): void {
  const file = join(directory, 'database.pid');
  const claim = () => writeFileSync(file, String(process.pid), { flag: 'wx' });
  try {
    claim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = Number(readFileSync(file, 'utf8'));
    if (owner !== process.pid && isAlive(owner)) {
      throw new Error(
        `Process ${owner} has the database in ${directory} open. Several processes need DATABASE_URL, or a DATA_DIR each.`,
      );
    }
    unlinkSync(file);
    claim();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
