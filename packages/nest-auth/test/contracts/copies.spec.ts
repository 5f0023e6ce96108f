import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';

// Each test starts a process, which loads the library twice.
jest.setTimeout(60_000);

const root = join(import.meta.dirname, '../..');
const isBuilt = existsSync(join(root, 'dist/index.cjs')) && existsSync(join(root, 'dist/testing.js'));
if (!isBuilt && process.env.CI) throw new Error('The package is not built; run pnpm build first');

/** Runs a module in plain Node, where both built copies can be loaded, and reads what it prints. */
async function run(code: string): Promise<unknown> {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

const SETUP = `
  import 'reflect-metadata';
  import { createRequire } from 'node:module';
  import { Catch, Controller, Get, HttpException, Inject, Injectable, UseGuards } from '@nestjs/common';
  import { HttpAdapterHost, NestFactory } from '@nestjs/core';
  import * as esm from '@acme/nest-auth';
  import { actAs, AuthTestingModule } from '@acme/nest-auth/testing';
  const cjs = createRequire(import.meta.url)('@acme/nest-auth');
  const decorate = (target, ...decorators) => { for (const one of decorators.reverse()) one(target); return target; };
  const print = (value) => console.log(JSON.stringify(value));
`;

(isBuilt ? describe : describe.skip)('the ESM and the CommonJS copy in one process', () => {
  test('are two copies whose errors are instances of each other', async () => {
    const code = `${SETUP}
      const answer = { two: esm.AuthError !== cjs.AuthError && esm.AuthException !== cjs.AuthException };
      for (const [mine, other] of [[esm, cjs], [cjs, esm]]) {
        const error = new mine.AuthError('not_found');
        const exception = new mine.AuthException(error);
        (answer.holds ??= []).push(error instanceof other.AuthError, exception instanceof other.AuthException);
        (answer.fails ??= []).push(error instanceof other.AuthException, exception instanceof other.AuthError);
      }
      esm.AuthModule.forResourceServer({ keys: 'x', issuer: 'https://a.example', audience: 'b' });
      answer.status = [esm, cjs].map((copy) => new copy.AuthError('login_taken')).map((error) => error instanceof HttpException && error.getStatus());
      print(answer);`;
    expect(await run(code)).toEqual({
      two: true,
      holds: [true, true, true, true],
      fails: [false, false, false, false],
      status: [409, 409],
    });
  });

  test("@Catch and injected classes of one hold for the other's module", async () => {
    const code = `${SETUP}
      class Filter {
        catch(thrown, host) {
          const { code } = thrown;
          host.switchToHttp().getResponse().status(418).json({ code, by: thrown instanceof cjs.AuthError ? 'error' : 'exception' });
        }
      }
      decorate(Filter, Catch(cjs.AuthException, cjs.AuthError));
      class Foreign {
        constructor(auth, verifier) { this.auth = auth; this.verifier = verifier; }
        open() { throw new esm.AuthError('login_taken'); }
        closed() {}
      }
      Inject(cjs.AuthService)(Foreign, undefined, 0);
      Inject(cjs.TokenVerifier)(Foreign, undefined, 1);
      decorate(Foreign, Controller('foreign'));
      for (const name of ['open', 'closed']) {
        const descriptor = Object.getOwnPropertyDescriptor(Foreign.prototype, name);
        Get(name)(Foreign.prototype, name, descriptor);
        if (name === 'open') cjs.Public()(Foreign.prototype, name, descriptor);
        else UseGuards(cjs.JwtAuthGuard)(Foreign.prototype, name, descriptor);
      }
      class App {}
      const { Module } = await import('@nestjs/common');
      decorate(App, Module({ imports: [AuthTestingModule.forRoot({ globalGuard: false })], controllers: [Foreign] }));
      const app = await NestFactory.create(App, { logger: false });
      app.useGlobalFilters(new Filter());
      await app.listen(0, '127.0.0.1');
      const url = await app.getUrl();
      const ask = async (path, headers) => { const answer = await fetch(url + path, { headers }); return [answer.status, await answer.text()]; };
      const controller = app.get(Foreign);
      print({
        same: [controller.auth === app.get(esm.AuthService), controller.verifier === app.get(esm.TokenVerifier)],
        open: await ask('/foreign/open'),
        closed: await ask('/foreign/closed'),
        known: (await ask('/foreign/closed', await actAs(app, { id: 'ann' })))[0],
      });
      await app.close();`;
    expect(await run(code)).toEqual({
      same: [true, true],
      open: [418, '{"code":"login_taken","by":"error"}'],
      closed: [418, '{"code":"missing_token","by":"exception"}'],
      known: 200,
    });
  });

  test("the list of one has the routes that the other's app has given to Fastify", async () => {
    const code = `${SETUP}
      import { Module } from '@nestjs/common';
      import { FastifyAdapter } from '@nestjs/platform-fastify';
      const { randomBytes } = await import('node:crypto');
      const secrets = { access: randomBytes(32).toString('base64url'), refresh: randomBytes(32).toString('base64url') };
      class App {}
      decorate(App, Module({ imports: [cjs.AuthModule.forRootAsync({ useFactory: () => ({ ...cjs.memoryStores(), secrets }) })] }));
      const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false });
      app.getHttpAdapter().get('/health', (_, reply) => reply.send('well'));
      await app.init();
      print(esm.listPolicies(app).outside.map(({ name }) => name));
      await app.close();`;
    expect(await run(code)).toEqual(['GET /health']);
  });

  test('a process whose test app is closed ends by itself, without a thread', async () => {
    const code = `${SETUP}
      import { Test } from '@nestjs/testing';
      for (let boots = 0; boots < 5; boots++) {
        const module = await Test.createTestingModule({ imports: [AuthTestingModule.forRoot()] }).compile();
        const app = module.createNestApplication({ logger: false });
        await app.listen(0, '127.0.0.1');
        await app.get(esm.AuthService).register({ login: 'ann@example.org', password: 'a fine long passphrase' });
        await app.close();
      }
      const closed = performance.now();
      const threads = process.getActiveResourcesInfo().filter((kind) => /Worker|MessagePort|Timeout/.test(kind));
      process.on('exit', () => print({ threads, prompt: performance.now() - closed < 1000 }));`;
    expect(await run(code)).toEqual({ threads: [], prompt: true });
  });
});
