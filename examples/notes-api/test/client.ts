import type { INestApplication } from '@nestjs/common';
import { createApp } from '../src/create-app.js';
import type { Environment } from './servers.js';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
  readonly body: any;
}

/** One running app, as its clients see it. */
export class Client {
  private constructor(
    readonly app: INestApplication,
    private readonly url: string,
  ) {}

  static async boot(environment: Environment): Promise<Client> {
    for (const [name, value] of Object.entries({ ...environment, ADMIN_PASSWORD })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    const app = await createApp({ logger: ['fatal', 'error'], abortOnError: false });
    await app.listen(0, '127.0.0.1');
    return new Client(app, await app.getUrl());
  }

  close(): Promise<void> {
    return this.app.close();
  }

  async call(method: string, path: string, { as, body }: { as?: Headers; body?: object } = {}): Promise<Answer> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...as, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** Registers somebody. @returns their headers and tokens */
  async register(email: string, displayName = 'Somebody'): Promise<LoggedIn> {
    return loggedIn(
      await this.call('POST', '/auth/register', { body: { email, password: PASSWORD, displayName } }),
      201,
    );
  }

  async login(email: string, password = PASSWORD): Promise<LoggedIn> {
    return loggedIn(await this.call('POST', '/auth/login', { body: { email, password } }), 200);
  }
}

type Headers = Readonly<Record<string, string>>;

export interface LoggedIn {
  readonly as: Headers;
  readonly refreshToken: string;
}

export const PASSWORD = 'a fine long passphrase';
export const ADMIN_PASSWORD = 'the passphrase of the admin';

function loggedIn({ status, body }: Answer, expected: number): LoggedIn {
  if (status !== expected) throw new Error(`${status} ${JSON.stringify(body)}`);
  return { as: { Authorization: `Bearer ${body.access_token}` }, refreshToken: body.refresh_token };
}
