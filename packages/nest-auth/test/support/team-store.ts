import {
  type AuthEvent,
  AuthEvents,
  type AuthOptions,
  type AuthUser,
  MemoryUserStore,
  type NewUser,
  Public,
  type UserStore,
} from '@acme/nest-auth';
import { afterEach, beforeEach } from '@jest/globals';
import { Controller, Get, Logger, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { PASSWORD, startApp, type TestApp } from './app.js';
import { FakeHasher } from './fake-hasher.js';

@Controller()
class NotesController {
  @Get('notes')
  list() {
    return [];
  }

  @Public()
  @UseGuards(AuthGuard('jwt'))
  @Get('by-passport')
  byPassport() {
    return [];
  }
}

type Method = 'findById' | 'findByLogin' | 'create';

/** A team's store with a fault: `row` changes every row, and the methods that `fails` names reject. */
class TeamStore implements UserStore {
  readonly rows = new MemoryUserStore();
  row: (user: AuthUser) => unknown = (user) => user;
  fails: Partial<Record<Method, () => unknown>> = {};

  async findById(id: string): Promise<AuthUser | null> {
    return this.#handOver('findById', () => this.rows.findById(id));
  }

  async findByLogin(login: string): Promise<AuthUser | null> {
    return this.#handOver('findByLogin', () => this.rows.findByLogin(login));
  }

  async create(user: NewUser): Promise<AuthUser> {
    return this.#handOver('create', () => this.rows.create(user));
  }

  async setPasswordHash(id: string, hash: string | null, replaces: string | null): Promise<boolean> {
    return this.rows.setPasswordHash(id, hash, replaces);
  }

  async #handOver(method: Method, ask: () => Promise<AuthUser | null>): Promise<never> {
    const failure = this.fails[method];
    if (failure) throw failure();
    const user = await ask();
    return (user && this.row(user)) as never;
  }
}

/** The answer to a mistake in the store. */
export const INTERNAL = {
  statusCode: 500,
  error: 'Internal Server Error',
  code: 'contract_broken',
  message: 'Internal server error',
};

/** An app on a team's store, for each test of a file, with what it logs and reports. */
export function appOnTeamStore() {
  let app: TestApp;
  let store: TeamStore;
  let lines: string[];
  let events: AuthEvent[];
  const { NODE_ENV } = process.env;

  async function start(options: Partial<AuthOptions> = {}): Promise<void> {
    store = new TeamStore();
    app = await startApp({
      controllers: [NotesController],
      options: { userStore: store, password: { hasher: new FakeHasher() }, ...options },
    });
    lines = [];
    events = [];
    const write = (...parts: unknown[]) => void lines.push(parts.slice(0, -1).filter(Boolean).join(' | '));
    Logger.overrideLogger({ log: write, error: write, warn: write, debug: write, verbose: write, fatal: write });
    app.app.get(AuthEvents).subscribe((event) => events.push(event));
  }

  beforeEach(() => start());
  afterEach(async () => {
    process.env.NODE_ENV = NODE_ENV;
    await app.close();
  });

  const post = (route: string, body: object) => app.http.post(`/auth/${route}`).send(body);
  return {
    get app() {
      return app;
    },
    get store() {
      return store;
    },
    /** What was logged. */
    get lines() {
      return lines;
    },
    get events() {
      return events;
    },
    start,
    post,
    register: (email = 'ann@example.org') => post('register', { email, password: PASSWORD }),
    login: (email: string, password = PASSWORD) => post('login', { email, password }),
    me: (token: string) => app.as(token).get('/auth/me'),
    async sessionsOf(email: string): Promise<number> {
      const user = await store.rows.findByLogin(email);
      const page = { now: new Date(app.clock.now), limit: 1000 };
      return (await app.sessionStore.listActive(user?.id ?? '', page)).length;
    },
  };
}
