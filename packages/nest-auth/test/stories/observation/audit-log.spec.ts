import { type AuthEvent, AuthEvents, AuthService, BackgroundTasks, Roles } from '@acme/nest-auth';
import { type AuditRecord, type AuditSink, auditLog } from '@acme/nest-auth/audit-log';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  Controller,
  Get,
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { logIn, PASSWORD, SECRETS, signUp, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { Mailbox, tokenIn } from '../../support/mailbox.js';
import { hold, logged } from '../../support/notices.js';
import { printed, shownBy } from '../../support/shown.js';

const KEY = 'k7Wq0sJd9fHbGa2uEe4oKiN7rVtBwvX3eQm';
const WRONG = 'the wrong passphrase';
const CHOSEN = 'an entirely new passphrase';

/** Keeps all records. A test may replace `take`. */
class KeepingSink implements AuditSink {
  readonly records: AuditRecord[] = [];
  take: () => unknown = () => undefined;

  async write(records: readonly AuditRecord[]): Promise<void> {
    await this.take();
    this.records.push(...records);
  }

  get events(): string[] {
    return this.records.map(({ event }) => event);
  }
}

@Controller()
class AdminController {
  @Roles('admin')
  @Get('admin')
  list() {
    return [];
  }
}

const VALID = { write: async () => {} };

let app: TestApp | undefined;
let sink: KeepingSink;
let mailbox: Mailbox;
let events: AuthEvent[];

async function start(auditOptions: object = {}, more: Partial<TestAppOptions> = {}): Promise<TestApp> {
  sink = new KeepingSink();
  mailbox = new Mailbox();
  events = [];
  app = await startApp({
    features: [passwordReset(), auditLog()],
    options: {
      password: { hasher: new FakeHasher(2) },
      mailer: mailbox,
      passwordReset: { page: 'https://app.example.org/reset' },
      auditLog: { sink, ...auditOptions },
    },
    ...more,
  });
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
  return app;
}

async function close(): Promise<void> {
  await app?.close();
  app = undefined;
}
afterEach(close);

const post = (route: string, body: object) => (app as TestApp).http.post(`/auth/${route}`).send(body);

/** Everything that a user can do with an account. @returns secrets that must not be in the audit log */
async function story(): Promise<string[]> {
  const running = app as TestApp;
  const secrets = [SECRETS.access, SECRETS.refresh, PASSWORD, WRONG, CHOSEN];
  const hash = async () => String((await running.userStore.findByLogin('ann@example.org'))?.passwordHash);
  const ann = await signUp(running, 'ann@example.org');
  const laptop = await logIn(running, ann.email);
  secrets.push(ann.access, ann.refresh, laptop.access, laptop.refresh, await hash());
  await post('login', { email: ann.email, password: WRONG }).expect(401);
  await post('login', { email: laptop.access.slice(0, 250), password: PASSWORD }).expect(401);
  const { body } = await post('refresh', { refresh_token: ann.refresh }).expect(200);
  secrets.push(body.access_token, body.refresh_token);
  running.clock.advance(61);
  await post('refresh', { refresh_token: ann.refresh }).expect(401);
  await running.as(laptop.access).post('/auth/logout').send({}).expect(204);
  const [mail] = await mailbox.mailsOf(running, post('password/forgot', { email: ann.email }).expect(202));
  secrets.push(tokenIn(mail));
  await post('password/reset', { token: tokenIn(mail), new_password: CHOSEN }).expect(204);
  secrets.push(await hash());
  return secrets.flatMap((secret) => (secret.includes('.') ? secret.split('.') : [secret]));
}

describe('the audit log', () => {
  test('says of a refusal who tried what, from where', async () => {
    const running = await start({}, { controllers: [AdminController] });
    const { access } = await signUp(running);
    await running.as(access).get('/admin').set('User-Agent', 'Firefox').expect(403);
    await close();
    expect(sink.records.at(-1)).toMatchObject({
      event: 'access_denied',
      userId: expect.stringMatching(/./),
      ip: '127.0.0.1',
      userAgent: 'Firefox',
      details: { handler: 'AdminController.list', code: 'insufficient_scope' },
    });
  });

  test('has every event, in order, by one source', async () => {
    await start();
    await story();
    await close();
    expect(events.length).toBeGreaterThan(10);
    expect(sink.events).toEqual(events.map(({ type }) => type));
    expect(sink.records.map(({ at }) => at)).toEqual(events.map(({ at }) => at.toISOString()));
    expect(sink.records.map(({ sequence }) => sequence)).toEqual(events.map((_, n) => n + 1));
    expect(new Set(sink.records.map(({ source }) => source)).size).toBe(1);
    const [registered, loggedIn] = sink.records;
    expect(registered).toMatchObject({ event: 'registered', ip: '127.0.0.1', details: {} });
    expect(loggedIn).toMatchObject({ event: 'logged_in', userId: registered?.userId, sessionId: expect.any(String) });
    expect(sink.records.find(({ event }) => event === 'login_failed')?.login).toBe('ann@example.org');
    expect(sink.records.find(({ event }) => event === 'session_revoked')?.details).toEqual({ reason: 'replay' });
  });

  test('has no secret, password, token or hash, not even one typed into the wrong field', async () => {
    await start();
    const secrets = await story();
    (app as TestApp).app.get(AuthEvents).emit('custom' as never, { body: { secrets }, token: 'short' } as never);
    await close();
    // The library turns logins into lower case.
    const written = JSON.stringify(sink.records).toLowerCase();
    expect(sink.events).toContain('custom');
    const traces = secrets.filter((secret) => secret.length > 8).map((secret) => secret.slice(0, 40).toLowerCase());
    expect(traces.length).toBeGreaterThan(12);
    expect(traces.filter((trace) => written.includes(trace))).toEqual([]);
    expect(written).toContain('[redacted]');
    expect(written).not.toContain('short');
  });

  test('has events from before its own module is initialised', async () => {
    @Injectable()
    class FirstUser implements OnModuleInit {
      constructor(@Inject(AuthService) private readonly auth: AuthService) {}

      async onModuleInit(): Promise<void> {
        await this.auth.register({ login: 'first@example.org', password: PASSWORD });
      }
    }
    @Global()
    @Module({ providers: [FirstUser] })
    class UsersModule {}
    await start({}, { imports: [UsersModule] });
    await close();
    expect(sink.events).toEqual(['registered', 'logged_in']);
  });

  test('has many simultaneous logins, each once and in order', async () => {
    await start({ batch: 3 });
    const running = app as TestApp;
    await Promise.all(Array.from({ length: 30 }, () => signUp(running)));
    await close();
    expect(events).toHaveLength(60);
    expect(sink.records.map(({ event, userId }) => [event, userId])).toEqual(
      events.map((event) => [event.type, 'userId' in event ? event.userId : null]),
    );
  });
});

describe('a sink', () => {
  test('that does not answer delays no login', async () => {
    await start();
    const { held, release } = hold();
    sink.take = () => held;
    const { email } = await signUp(app as TestApp);
    for (let n = 0; n < 5; n++) await logIn(app as TestApp, email);
    expect(sink.records).toEqual([]);
    release();
    await close();
    expect(sink.records).toHaveLength(7);
  });

  test.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(Object.assign(new Error(`insert failed (${PASSWORD})`), { code: '57P03' }))],
    [
      'throws',
      () => {
        throw Object.assign(new Error(PASSWORD), { code: PASSWORD, name: `${PASSWORD}\n` });
      },
    ],
  ])('that %s fails no login, and the log has one line about it, without data of a record', async (_, take) => {
    await start({ queue: 4 });
    sink.take = take;
    const lines = await logged(async () => {
      const { email } = await signUp(app as TestApp);
      for (let n = 0; n < 5; n++) await logIn(app as TestApp, email);
      expect(sink.records).toEqual([]);
      sink.take = () => undefined;
      await close();
    });
    expect(lines).toContain('The audit queue is full with 4 records.');
    expect(lines).toMatch(/The audit sink failed: Error( 57P03)?\. Records wait/);
    expect(lines.match(/failed|full/g)).toHaveLength(2);
    expect(lines).not.toContain(PASSWORD);
    expect(sink.events).toEqual(['registered', 'logged_in', 'logged_in', 'logged_in', 'audit_gap']);
    expect(sink.records.at(-1)?.details).toMatchObject({ dropped: 3, logged_in: 3 });
  });

  test('that is down at the end does not block closing, and the log has the number of lost records', async () => {
    await start();
    sink.take = () => Promise.reject(new Error('down'));
    let took = 0;
    const lines = await logged(async () => {
      await signUp(app as TestApp);
      const before = performance.now();
      await close();
      took = performance.now() - before;
    });
    expect(lines).toContain('2 audit records were not written when the app closed.');
    expect(lines).not.toContain('@example.org');
    expect(took).toBeLessThan(15_000);
  });

  test('gets the waiting records before its connection is closed', async () => {
    @Module({})
    class DatabaseModule implements OnModuleDestroy {
      onModuleDestroy(): void {
        sink.take = () => Promise.reject(new Error('closed'));
      }
    }
    // A global module is closed after all others.
    await start({}, { imports: [DatabaseModule], isGlobal: false });
    const failed = new Promise<void>((resolve) => {
      sink.take = () => {
        resolve();
        throw new Error('down for a moment');
      };
    });
    await signUp(app as TestApp);
    await failed;
    sink.take = () => undefined;
    await close();
    expect(sink.events).toEqual(['registered', 'logged_in']);
  });

  test('gets the events of a request that ends while the server closes', async () => {
    @Module({})
    class LateModule implements OnApplicationShutdown {
      onApplicationShutdown(): void {
        (app as TestApp).app.get(AuthEvents).emit('access_denied', {
          userId: 'late',
          handler: 'Notes.list',
          code: 'insufficient_scope',
          device: { ip: null, userAgent: null },
        });
      }
    }
    await start({}, { imports: [LateModule] });
    sink.take = () => new Promise((resolve) => setTimeout(resolve, 200));
    await close();
    expect(sink.events).toEqual(['access_denied']);
  });

  test('gets the events of work after an answer while the app closes', async () => {
    let isClosed = false;
    @Module({})
    class DatabaseModule implements OnApplicationShutdown {
      onApplicationShutdown(): void {
        isClosed = true;
      }
    }
    await start({}, { imports: [DatabaseModule] });
    sink.take = async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (isClosed) throw new Error('closed');
    };
    const running = (app as TestApp).app;
    const { held, release } = hold();
    running.get(BackgroundTasks).run(async () => {
      await held;
      running.get(AuthEvents).emit('access_denied', {
        userId: 'late',
        handler: 'Notes.list',
        code: 'insufficient_scope',
        device: { ip: null, userAgent: null },
      });
    });
    const closed = close();
    setImmediate(release);
    await closed;
    expect(sink.records.at(-1)).toMatchObject({ event: 'access_denied', userId: 'late' });
  });
});

describe('the options of the audit log', () => {
  test('leave out personal fields, or write pseudonyms', async () => {
    await start({ omit: ['userAgent'], pseudonyms: { key: KEY } });
    await story();
    await close();
    const written = JSON.stringify(sink.records);
    expect(written).not.toMatch(/ann@example\.org|127\.0\.0\.1/);
    const { userId, ip, userAgent } = sink.records[0] as AuditRecord;
    expect([userId, ip, userAgent]).toEqual([expect.stringMatching(/^hmac:/), expect.stringMatching(/^hmac:/), null]);
    expect(sink.records.some(({ sessionId }) => /^[\w-]{20,}$/.test(String(sessionId)))).toBe(true);
  });

  test.each<[string, unknown, RegExp]>([
    ['no sink', {}, /auditLog\.sink is missing; pass jsonLinesSink\(\)/],
    ['a sink that cannot write', { sink: {} }, /auditLog\.sink lacks write; pass jsonLinesSink\(\)/],
    ['a stream in place of a sink', { sink: 'stdout' }, /auditLog\.sink /],
    [
      'an unknown field',
      { sink: VALID, omit: ['email'] },
      /auditLog\.omit\[0\] must be 'userId', 'sessionId', 'login', 'ip' or 'userAgent'/,
    ],
    [
      'a short key',
      { sink: VALID, pseudonyms: { key: 'secret' } },
      /auditLog\.pseudonyms\.key is shorter than 32 characters; make one/,
    ],
    ['no key', { sink: VALID, pseudonyms: { fields: ['ip'] } }, /auditLog\.pseudonyms\.key is missing/],
    [
      'a queue without an end',
      { sink: VALID, queue: Number.POSITIVE_INFINITY },
      /auditLog\.queue is Infinity; it must be 1 to 1000000/,
    ],
  ])('fail at boot with what to do: %s', async (_, given, message) => {
    const boot = startApp({ features: [auditLog()], options: { auditLog: given as never } });
    await expect(boot).rejects.toThrow(message);
  });

  test('and the sink cannot be seen by inspecting the app', async () => {
    await start({ pseudonyms: { key: KEY } });
    Object.assign(sink, { connection: { password: WRONG } });
    await signUp(app as TestApp);
    // By its name, because the class of a built package is not the class of the sources.
    const providers = [...(app as TestApp).app.get(ModulesContainer).values()].flatMap((one) => [...one.providers]);
    const service = providers.find(([, { name }]) => name === 'AuditLog')?.[1].instance;
    const text = shownBy(service) + printed(service);
    expect(text).toContain('AuditLog');
    expect([KEY, WRONG].filter((secret) => text.includes(secret))).toEqual([]);
  });
});
