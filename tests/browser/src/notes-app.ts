import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url));

/** Variables that would point the app to other servers. */
const ELSEWHERE = { APP_URL: undefined, SMTP_URL: '', DATABASE_URL: '', REDIS_URL: '', ACME_ID_ISSUER: '' };

export const ADMIN = { email: 'admin@example.org', password: 'the passphrase of the admin' };

/** `examples/notes-api` as `npm start` runs it, with a database of its own. */
export class NotesApp {
  #process: ChildProcess | undefined;
  #output = '';
  readonly #listeners = new Set<() => void>();

  private constructor(
    private readonly data: string,
    private readonly port: string,
  ) {}

  static async start(): Promise<NotesApp> {
    const app = new NotesApp(await mkdtemp(join(tmpdir(), 'notes-page-')), await freePort());
    await app.start();
    return app;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** It can start again after `stop`: on the same port, with the same data. */
  async start(): Promise<void> {
    const own = { PORT: this.port, ACME_ID_PORT: '0', DATA_DIR: this.data, ADMIN_PASSWORD: ADMIN.password };
    this.#output = '';
    this.#process = spawn(process.execPath, [START, 'notes-api'], {
      env: { ...process.env, ...ELSEWHERE, ...own },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += chunk;
        for (const listener of this.#listeners) listener();
      });
    }
    this.#process.on('exit', () => {
      for (const listener of this.#listeners) listener();
    });
    await this.said(/Listening on/);
  }

  /** Waits until the app has written the text since its start. @throws Error if the app ends before */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.#output);
        if (!found && this.#process?.exitCode === null) return;
        this.#listeners.delete(look);
        if (found) resolve(found);
        else reject(new Error(`The app ended:\n${this.#output}`));
      };
      this.#listeners.add(look);
      look();
    });
  }

  async stop(): Promise<void> {
    if (this.#process?.exitCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await gone;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.data, { recursive: true, force: true });
  }
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return String(address.port);
}
