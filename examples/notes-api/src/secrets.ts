import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataDirectory } from './data-directory.js';

export interface Secrets {
  readonly access: string;
  readonly refresh: string;
}

/**
 * The secrets come from the environment. Missing ones come from a file that is made once, so that a restart logs nobody
 * out. Processes that share a database need the same secrets: they must share this directory, or get the secrets from
 * the environment.
 */
export function secrets(): Secrets {
  const { AUTH_ACCESS_SECRET: access, AUTH_REFRESH_SECRET: refresh } = process.env;
  if (access !== undefined && refresh !== undefined) return { access, refresh };
  const kept = secretsOf(join(dataDirectory(), 'secrets.json'));
  return { access: access ?? kept.access, refresh: refresh ?? kept.refresh };
}

function secretsOf(file: string): Secrets {
  if (!existsSync(file)) create(file);
  return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
}

/** Writes the file under another name, then links it: one of several processes wins, and none reads half a file. */
function create(file: string): void {
  const secret = () => randomBytes(32).toString('base64url');
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify({ access: secret(), refresh: secret() }), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}
