// The guard alone, without HTTP: its time, its memory, its promises.
import 'reflect-metadata';
import { createHook } from 'node:async_hooks';
import { AuthModule, JwtAuthGuard, memoryStores, Roles, TokenService } from '@acme/nest-auth';
import type { ExecutionContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { offer, settingsOf } from '../harness/subject.js';
import { KID, mint, SECRETS, sessionId } from '../harness/tokens.js';

const { revoked = 0, tokens = 1000 } = settingsOf<{ revoked?: number; tokens?: number }>();

class NotesController {
  list() {}
}
const route = Object.getOwnPropertyDescriptor(NotesController.prototype, 'list') as PropertyDescriptor;
Roles('admin')(NotesController.prototype, 'list', route);

/** The context that Nest passes to a guard. */
class Context {
  constructor(private readonly request: object) {}
  getHandler() {
    return NotesController.prototype.list;
  }
  getClass() {
    return NotesController;
  }
  getType() {
    return 'http';
  }
  getArgByIndex() {
    return this.request;
  }
}

type Call = (context: ExecutionContext) => unknown;

/** One request after the other; its header is a new string each time, as the parser of HTTP makes one. */
function callsOf(headers: readonly Buffer[], call: Call): (count: number) => void {
  let at = 0;
  return (count) => {
    for (let n = 0; n < count; n++) {
      const bytes = headers[at++ % headers.length] as Buffer;
      const authorization = bytes.toString('latin1');
      call(new Context({ headers: { authorization }, user: undefined }) as unknown as ExecutionContext);
    }
  };
}

const headerOf = (token: string) => Buffer.from(`Bearer ${token}`);
const gc = () => globalThis.gc?.();

function heapUsed(): number {
  // Twice, because objects may become unreachable only after the first run.
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

/** Bytes that are allocated while it runs. The new space is so large that nothing is collected meanwhile. */
function allocated(run: () => void): number {
  gc();
  const before = process.memoryUsage().heapUsed;
  run();
  return process.memoryUsage().heapUsed - before;
}

function nanoseconds(run: (count: number) => void, count: number): number {
  const started = process.hrtime.bigint();
  run(count);
  return Number(process.hrtime.bigint() - started) / count;
}

/** Promises that are made while it runs. */
function promisesIn(run: () => void): number {
  let made = 0;
  const hook = createHook({ init: (_id, type) => void (type === 'PROMISE' && made++) }).enable();
  run();
  hook.disable();
  return made;
}

/** All revocations of other processes. They are returned once, at boot, as by a database. */
function revokedBefore(count: number) {
  let told = false;
  return async () => {
    if (told) return [];
    told = true;
    const revokedAt = new Date();
    return Array.from({ length: count }, (_, n) => ({ sessionId: sessionId(1e9 + n), userId: 'user', revokedAt }));
  };
}

offer(async () => {
  const stores = memoryStores({ allowInProduction: true });
  stores.sessionStore.revokedSince = revokedBefore(revoked);
  const before = heapUsed();
  const secrets = { access: { secret: SECRETS.access, kid: KID }, refresh: SECRETS.refresh };
  const app = await NestFactory.createApplicationContext(AuthModule.forRoot({ ...stores, secrets }), {
    logger: ['error'],
  });
  const guard = app.get(JwtAuthGuard);
  const service = app.get(TokenService);
  const headers = Array.from({ length: tokens }, (_, n) => headerOf(mint(n)));
  const guarded = callsOf(headers, (context) => guard.canActivate(context));
  const unguarded = callsOf(headers, () => true);
  return {
    warmUp: (count: number) => {
      guarded(count);
      unguarded(count);
    },
    /** The bytes of all live objects. */
    heap: () => heapUsed() - before,
    /** The costs of a call itself, without those of making the request. */
    bytes: (count: number) => (allocated(() => guarded(count)) - allocated(() => unguarded(count))) / count,
    time: (count: number) => nanoseconds(guarded, count) - nanoseconds(unguarded, count),
    promises: (count: number) => promisesIn(() => guarded(count)),
    /** Lets in this many new tokens. Each is sent twice, because only then is it remembered. */
    meet: (count: number) => {
      for (let n = 0; n < count; n++) {
        const token = mint(n);
        for (let use = 0; use < 2; use++) void service.authenticate(token);
      }
    },
    stop: () => app.close(),
  };
});
