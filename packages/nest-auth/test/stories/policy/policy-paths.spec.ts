import { AuthModule, listPolicies, memoryStores, OptionalAuth, type PolicyEntry, Public, Roles } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import {
  All,
  Controller,
  Delete,
  Get,
  type INestApplication,
  Module,
  Post,
  Put,
  RequestMethod,
  Search,
  Sse,
  VERSION_NEUTRAL,
  Version,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { of } from 'rxjs';
import { SECRETS, startApp } from '../../support/app.js';
import { recordRoutes } from '../../support/policies/registered-routes.js';

@Controller()
class RootController {
  @Public()
  @Get()
  root() {
    return {};
  }
  @Get(['health', 'health/live'])
  health() {
    return {};
  }
  @OptionalAuth()
  @Search('find')
  find() {
    return {};
  }
}

@Controller({ path: ['notes', 'memos/'], version: '1' })
class NotesController {
  @Public()
  @Get()
  list() {
    return [];
  }
  @Get('mine')
  mine() {
    return [];
  }
  @Roles('admin')
  @Delete(':id')
  remove() {
    return {};
  }
  @Version(['2', '3'])
  @Put(['/:id', '/:id/text'])
  write() {
    return {};
  }
  @Version(VERSION_NEUTRAL)
  @Public()
  @Post('neutral')
  neutral() {
    return {};
  }
  @Sse('live')
  live() {
    return of({ data: {} });
  }
}

@Controller({ path: 'both', version: [VERSION_NEUTRAL, '4'] })
class BothController {
  @Public()
  @All('all')
  all() {
    return {};
  }
}

@Controller('inner')
class InnerController {
  @Get('deep')
  deep() {
    return {};
  }
  @Public()
  @Get('open')
  open() {
    return {};
  }
}

@Module({ controllers: [InnerController] })
class InnerModule {}
@Module({ imports: [InnerModule], controllers: [BothController] })
class OuterModule {}

const IMPORTS = [
  OuterModule,
  RouterModule.register([{ path: 'outer', module: OuterModule, children: [{ path: '/inside', module: InnerModule }] }]),
];

type Configure = (app: INestApplication) => unknown;
const EXCLUDED = ['health', 'outer/both/*rest', 'auth/login'];
const PREFIXES: Record<string, Configure> = {
  'no prefix': () => {},
  'a prefix': (app) => app.setGlobalPrefix('api'),
  'a prefix with excluded paths': (app) =>
    app.setGlobalPrefix('/api/', {
      exclude: [...EXCLUDED, { path: 'notes/mine', method: RequestMethod.GET }],
    }),
};
const VERSIONS: Record<string, Configure> = {
  'no versions': () => {},
  'versions in the path': (app) => app.enableVersioning(),
  'versions in the path without a letter': (app) =>
    app.enableVersioning({ type: VersioningType.URI, prefix: false, defaultVersion: ['1', VERSION_NEUTRAL] }),
  'versions in a header': (app) =>
    app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version', defaultVersion: '1' }),
  'versions in the media type': (app) => app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=' }),
};
const SETTINGS = Object.entries(PREFIXES).flatMap(([prefix, first]) =>
  Object.entries(VERSIONS).map(([versions, second]) => ({ name: `${prefix} and ${versions}`, first, second })),
);

describe.each(SETTINGS)('with $name', ({ name, first, second }) => {
  async function started() {
    let registered: () => string[] = () => [];
    const app = await startApp({
      imports: IMPORTS,
      controllers: [RootController, NotesController],
      configure: (one) => {
        registered = recordRoutes(one);
        first(one);
        second(one);
      },
    });
    return { ...app, registered };
  }

  test('every route is listed under the path that the platform answers', async () => {
    const { app, registered, close } = await started();
    const { entries, outside } = listPolicies(app);
    await close();
    expect(outside).toEqual([]);
    const paths = entries.map(({ route }) => `${route?.method} ${route?.path}`);
    expect(paths.length).toBeGreaterThan(25);
    // On Express, Nest has 404 routes of its own for paths that the prefix excludes.
    const missing = /^ALL \/(?:v\d\/|\d\/)?(?:health|notes\/mine|outer\/both\/\*rest|auth\/login)$/;
    expect([...paths].sort()).toEqual(
      registered()
        .filter((route) => !missing.test(route))
        .sort(),
    );
    expect(new Set(entries.map((one) => one.name)).size).toBe(entries.length);
  });

  test('an anonymous caller gets 401 from exactly the routes that are not listed as open', async () => {
    const { app, url, close } = await started();
    const answers = await Promise.all(listPolicies(app).entries.map((entry) => statusOf(url, entry, name)));
    await close();
    for (const { entry, status } of answers) {
      expect(`${entry.name} ${status === 401}`).toBe(`${entry.name} ${entry.policy.access === 'authenticated'}`);
      expect(`${entry.name} ${status}`).not.toMatch(/ (?:404|500)$/);
    }
  });
});

async function statusOf(url: string, entry: PolicyEntry, setting: string) {
  const { method = '', path = '', versions } = entry.route ?? {};
  const [version] = versions ?? [];
  const headers: Record<string, string> = { Connection: 'close' };
  if (!['GET', 'SEARCH'].includes(method)) headers['Content-Type'] = 'application/json';
  if (version && version !== 'neutral') {
    if (setting.includes('header')) headers['X-Version'] = version;
    else headers.Accept = `application/json;v=${version}`;
  }
  const response = await fetch(url + path.replace(/:\w+/g, 'some-id'), {
    method: method === 'ALL' ? 'PATCH' : method,
    headers,
    ...('Content-Type' in headers ? { body: '{}' } : {}),
  });
  await response.body?.cancel();
  // Symmetric keys are not published.
  return { entry, status: path.endsWith('jwks.json') ? 200 : response.status };
}

test('an app that is only previewed has the same list', async () => {
  const { app, close } = await startApp({ imports: IMPORTS, controllers: [RootController, NotesController] });
  const live = listPolicies(app);
  await close();
  const { NestFactory } = await import('@nestjs/core');
  @Module({
    imports: [...IMPORTS, AuthModule.forRoot({ ...memoryStores(), secrets: SECRETS })],
    controllers: [RootController, NotesController],
  })
  class AppModule {}
  const preview = await NestFactory.create(AppModule, { preview: true, logger: false, abortOnError: false });
  expect(
    listPolicies(preview)
      .entries.map(({ name }) => name)
      .sort(),
  ).toEqual(live.entries.map(({ name }) => name).sort());
  const byName = new Map(live.entries.map((entry) => [entry.name, entry]));
  for (const entry of listPolicies(preview).entries) expect(entry).toEqual(byName.get(entry.name));
});
