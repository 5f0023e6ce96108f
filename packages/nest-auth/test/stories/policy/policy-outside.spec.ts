import { createRequire } from 'node:module';
import { AuthModule, listPolicies, memoryStores, policyLock } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { All, Controller, Get, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { SECRETS, startApp } from '../../support/app.js';
import { list } from '../../support/policies/list.js';

const onFastify = process.env.HTTP === 'fastify';

interface Answer {
  send(text: string): void;
}

@Controller('notes')
class NotesController {
  @Get()
  bare() {
    return [];
  }
}

/** As main.ts does. */
function open(app: INestApplication): void {
  const answer = (_: unknown, response: Answer) => response.send('open');
  const adapter = app.getHttpAdapter();
  adapter.get('/health', answer);
  adapter.post('/hook', answer);
  adapter.all('/any/:thing', answer);
}

/** Its page needs `@fastify/static` on Fastify. */
function swagger(app: INestApplication): void {
  const document = () => SwaggerModule.createDocument(app, new DocumentBuilder().build());
  SwaggerModule.setup('api', app, document, { ui: !onFastify });
}

@Controller('files')
class PatternsController {
  // In Fastify, a wildcard has no name.
  @Get(onFastify ? '*' : '*path')
  all() {
    return {};
  }
  @Get('by-name/:name.json')
  named() {
    return {};
  }
  @All('any')
  any() {
    return {};
  }
}

describe('a route that main.ts gives to Express or Fastify', () => {
  test('is listed as one that no guard is asked about, and it is answered without a token', async () => {
    const { app, http, close } = await startApp({ routes: false, controllers: [NotesController], configure: open });
    expect((await http.get('/notes')).status).toBe(401);
    expect((await http.get('/health')).text).toBe('open');
    const { outside, entries } = listPolicies(app);
    expect([...outside].sort((a, b) => a.path.localeCompare(b.path))).toEqual([
      { name: 'ALL /any/:thing', method: 'ALL', path: '/any/:thing' },
      { name: 'GET /health', method: 'GET', path: '/health' },
      { name: 'POST /hook', method: 'POST', path: '/hook' },
    ]);
    expect(entries.map(({ name }) => name)).toEqual(['GET /notes']);
    await close();
  });

  test('is listed for an app of NestFactory too', async () => {
    const auth = AuthModule.forRoot({ routes: false, ...memoryStores(), secrets: SECRETS });
    const module = { module: class {}, imports: [auth], controllers: [NotesController, PatternsController] };
    const settings = { logger: false, abortOnError: false } as const;
    const app: INestApplication = onFastify
      ? await NestFactory.create(module, new FastifyAdapter() as never, settings)
      : await NestFactory.create(module, settings);
    open(app);
    await app.init();
    const names = listPolicies(app).outside.map(({ name }) => name);
    expect(names.sort()).toEqual(['ALL /any/:thing', 'GET /health', 'POST /hook']);
    await app.close();
  });

  test('is not part of the lockfile, which would depend on whether main.ts has run', async () => {
    const [opened, closed] = [
      await list({ controllers: [NotesController], configure: open }),
      await list({ controllers: [NotesController] }),
    ];
    expect(opened.outside).toHaveLength(3);
    expect(policyLock(opened)).toBe(policyLock(closed));
  });

  test.each<[object, string[]]>([
    [{}, ['ALL /any/:thing', 'POST /hook']],
    [{ require: 'explicit' }, ['ALL /any/:thing', 'GET /health', 'POST /hook']],
    [{ require: 'explicit', allowOutside: ['ALL /any*', 'GET /health', 'GET /none'] }, ['POST /hook']],
    [{ require: 'explicit', allowOutside: ['ALL /an', '*'] }, []],
  ])(
    'is a finding by the rules %j if it may change something, or if every route must be declared',
    async (rules, names) => {
      @Controller()
      class None {}
      const { findings } = await list({ controllers: [None], configure: open }, rules);
      expect(findings.map(({ name }) => name).sort()).toEqual(names);
      expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(names.length > 0 ? ['outside_guard'] : []));
    },
  );

  test('keeps the app from booting with the option policy, in words that say what to do', async () => {
    await expect(startApp({ options: { policy: {} }, configure: open })).rejects.toThrow(
      /outside_guard: POST \/hook is answered by the HTTP server itself, .* add 'POST \/hook' to policy\.allowOutside\./,
    );
    const { close } = await startApp({
      options: { policy: { allowOutside: ['POST /hook', 'ALL /any/:thing'] } },
      configure: open,
    });
    await close();
  });
});

test('the pages of Swagger are listed, and the routes of the app are not', async () => {
  const { outside, findings } = await list({ controllers: [NotesController], configure: swagger });
  const names = outside.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['GET /api-json', 'GET /api-yaml', ...(onFastify ? [] : ['GET /api'])]));
  expect(names.filter((name) => !name.startsWith('GET /api'))).toEqual([]);
  expect(findings).toEqual([]);
});

test('middleware is not listed: it passes on', async () => {
  const next = (_request: unknown, _response: unknown, pass: () => void) => pass();
  const { outside } = await list({
    controllers: [NotesController],
    configure: (app) => {
      app.use(next);
      if (!onFastify) app.getHttpAdapter().getInstance().get('/elsewhere', next);
      app.enableCors();
    },
  });
  expect(outside).toEqual([]);
});

if (onFastify)
  test('what a plugin of Fastify answers is listed', async () => {
    const { outside } = await list({
      configure: (app) =>
        app
          .getHttpAdapter()
          .getInstance()
          .register(
            async (inner: { delete(path: string, handler: () => string): void }) => inner.delete('/gone', () => ''),
            { prefix: '/plugin' },
          ),
    });
    expect(outside.map(({ name }) => name)).toEqual(['DELETE /plugin/gone']);
  });
else
  test('what is mounted in Express is not listed, because Express does not show its path', async () => {
    const express = createRequire(createRequire(import.meta.url).resolve('@nestjs/platform-express'))('express');
    const router = express.Router();
    router.get('/inner', (_: unknown, response: Answer) => response.send('open'));
    const { outside } = await list({
      configure: (app) => {
        app.use('/mounted', router);
        app.use('/files', express.static('public'));
      },
    });
    expect(outside).toEqual([]);
  });
