import {
  AllRoles,
  Authenticated,
  Authorize,
  CurrentUser,
  OptionalAuth,
  Permissions,
  type Principal,
  Public,
  Roles,
} from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Req,
  UseGuards,
} from '@nestjs/common';
import { bearer, logIn, signUp, startApp, type TestApp } from '../../support/app.js';

const who = (caller: Principal | null) => ({ caller: caller?.id ?? null });

@Controller('plain')
class PlainController {
  @Get('bare')
  bare(@CurrentUser() caller: Principal) {
    return who(caller);
  }
  @Public()
  @Get('public')
  open(@CurrentUser() caller: Principal | null) {
    return who(caller);
  }
  @OptionalAuth()
  @Get('optional')
  optional(@CurrentUser() caller: Principal | null) {
    return who(caller);
  }
  @Roles('admin', 'editor')
  @Get('any')
  any() {
    return {};
  }
  @AllRoles('admin', 'editor')
  @Get('all')
  all() {
    return {};
  }
  @Permissions('notes:read', 'notes:write')
  @Get('permissions')
  permissions() {
    return {};
  }
  @Roles('admin')
  @Permissions('notes:write')
  @Get('both')
  both() {
    return {};
  }
  @Authorize((caller) => caller.roles.includes('admin'))
  @Get('authorize')
  authorize() {
    return {};
  }
  @Authorize(async () => 'yes' as never)
  @Get('truthy')
  truthy() {
    return {};
  }
  @Authorize(() => {
    throw new Error('the rule itself is broken');
  })
  @Get('broken')
  broken() {
    return {};
  }
  @Get('roles')
  roles(@CurrentUser('roles') roles: readonly string[]) {
    return { roles };
  }
}

@Public()
@Controller('open')
class OpenController {
  @Get('inherited')
  inherited() {
    return {};
  }
  @Roles('admin')
  @Get('roles')
  roles() {
    return {};
  }
  @Authenticated()
  @Get('authenticated')
  authenticated() {
    return {};
  }
  @Authorize(() => true)
  @Get('authorize')
  authorize() {
    return {};
  }
}

@Roles('admin')
@Controller('admin')
class AdminController {
  @Get('inherited')
  inherited() {
    return {};
  }
  @Public()
  @Get('public')
  open() {
    return {};
  }
  @Roles('editor')
  @Get('editor')
  editor() {
    return {};
  }
  @Authenticated()
  @Get('authenticated')
  authenticated() {
    return {};
  }
  @Permissions('notes:write')
  @Get('permissions')
  permissions() {
    return {};
  }
}

/** What a subclass does not repeat, it inherits. */
@Controller('sub')
class SubController extends AdminController {
  @Roles('editor')
  @Get('public')
  override open() {
    return {};
  }
  @Get('editor')
  override editor() {
    return {};
  }
}

interface WithUser {
  user?: { readonly id: string } | undefined;
}

/** What a guard of `@nestjs/passport` does. */
class TicketGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    context.switchToHttp().getRequest<WithUser>().user = { id: 'holder' };
    return true;
  }
}

@Public()
@Controller('ticket')
class TicketController {
  @UseGuards(TicketGuard)
  @Get()
  holder(@CurrentUser() caller: Principal | null, @Req() { user }: WithUser) {
    return { ...who(caller), onRequest: user?.id };
  }
  @Get('none')
  none(@CurrentUser() caller: Principal | null, @Req() { user }: WithUser) {
    return { ...who(caller), onRequest: user?.id };
  }
}

const PLANTED = { id: 'planted', roles: ['admin'] };

/** Before the guard, on the request that guards see: on Fastify that is not the middleware's. */
function plantUser(nest: INestApplication, plant: (request: WithUser) => void): void {
  if (process.env.HTTP === 'fastify') {
    const hook = async (request: WithUser) => plant(request);
    nest.getHttpAdapter().getInstance().addHook('onRequest', hook);
    return;
  }
  nest.use((request: WithUser, _response: unknown, next: () => void) => {
    plant(request);
    next();
  });
}

describe('a user that some middleware put into the request', () => {
  test('the guard ignores a user that middleware put into the request', async () => {
    const app = await startApp({
      controllers: [PlainController],
      configure: (nest) => {
        plantUser(nest, (request) => {
          request.user = PLANTED;
        });
      },
    });
    expect((await app.http.get('/plain/optional').expect(200)).body.caller).toBeNull();
    expect((await app.http.get('/plain/public').expect(200)).body.caller).toBeNull();
    await app.http.get('/plain/any').expect(401);
    await app.close();
  });

  test('@CurrentUser() of a public handler ignores a user that middleware put into the request, even as an accessor', async () => {
    const app = await startApp({
      controllers: [PlainController],
      configure: (nest) => {
        plantUser(nest, (request) => {
          Object.defineProperty(request, 'user', { get: () => ({ ...PLANTED }), configurable: true });
        });
      },
    });
    expect((await app.http.get('/plain/public').expect(200)).body.caller).toBeNull();
    await app.close();
  });

  test('a public handler finds the user of middleware in the request, until a later guard authenticates somebody', async () => {
    const app = await startApp({
      controllers: [TicketController],
      configure: (nest) => {
        plantUser(nest, (request) => {
          request.user = PLANTED;
        });
      },
    });
    expect((await app.http.get('/ticket/none').expect(200)).body).toEqual({ caller: null, onRequest: 'planted' });
    expect((await app.http.get('/ticket').expect(200)).body).toEqual({ caller: 'holder', onRequest: 'holder' });
    await app.close();
  });

  test('without our guard, @CurrentUser() is the user that the app put into the request', async () => {
    const app = await startApp({
      globalGuard: false,
      controllers: [PlainController],
      configure: (nest) => {
        plantUser(nest, (request) => {
          request.user = PLANTED;
        });
      },
    });
    expect((await app.http.get('/plain/bare').expect(200)).body.caller).toBe('planted');
    await app.close();
  });
});

describe('who may call what', () => {
  let app: TestApp;
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    app = await startApp({ controllers: [PlainController, OpenController, AdminController, SubController] });
    const people = {
      nobody: {},
      admin: { roles: ['admin'] },
      editor: { roles: ['editor'] },
      both: { roles: ['editor', 'admin'], permissions: ['notes:read', 'notes:write'] },
      writer: { roles: ['writer'], permissions: ['notes:write'] },
      adminWriter: { roles: ['admin'], permissions: ['notes:write'] },
    };
    for (const [name, changes] of Object.entries(people)) {
      const { email, access } = await signUp(app, `${name}@example.org`);
      const { body } = await app.as(access).get('/auth/me');
      app.userStore.update(body.id, changes);
      tokens[name] = (await logIn(app, email)).access;
    }
  });
  afterAll(() => app.close());

  const EVERYONE = ['nobody', 'admin', 'editor', 'both', 'writer', 'adminWriter'];

  test.each([
    ['/plain/bare', 'private', EVERYONE],
    ['/plain/public', 'open', EVERYONE],
    ['/plain/optional', 'open', EVERYONE],
    ['/plain/any', 'private', ['admin', 'editor', 'both', 'adminWriter']],
    ['/plain/all', 'private', ['both']],
    ['/plain/permissions', 'private', ['both']],
    ['/plain/both', 'private', ['both', 'adminWriter']],
    ['/plain/authorize', 'private', ['admin', 'both', 'adminWriter']],
    ['/plain/truthy', 'private', []],
    ['/open/inherited', 'open', EVERYONE],
    ['/open/roles', 'private', ['admin', 'both', 'adminWriter']],
    ['/open/authenticated', 'private', EVERYONE],
    ['/open/authorize', 'private', EVERYONE],
    ['/admin/inherited', 'private', ['admin', 'both', 'adminWriter']],
    ['/admin/public', 'open', EVERYONE],
    ['/admin/editor', 'private', ['editor', 'both']],
    ['/admin/authenticated', 'private', EVERYONE],
    ['/admin/permissions', 'private', ['both', 'adminWriter']],
    ['/sub/inherited', 'private', ['admin', 'both', 'adminWriter']],
    ['/sub/public', 'private', ['editor', 'both']],
    ['/sub/editor', 'private', ['editor', 'both']],
    ['/sub/permissions', 'private', ['both', 'adminWriter']],
  ])('%s is %s and lets in %j', async (path, access, allowed) => {
    const anonymous = await app.http.get(path);
    if (access === 'open') expect(anonymous.status).toBe(200);
    else {
      expect(anonymous.status).toBe(401);
      expect(anonymous.body.code).toBe('missing_token');
      expect(anonymous.headers['www-authenticate']).toBe('Bearer realm="api"');
    }
    const inside: string[] = [];
    for (const name of EVERYONE) {
      const answer = await app.as(tokens[name]!).get(path);
      if (answer.status === 200) inside.push(name);
      else {
        expect([answer.status, answer.body.code]).toEqual([403, 'insufficient_scope']);
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="api", error="insufficient_scope"');
      }
    }
    expect(inside).toEqual(allowed);
  });

  test('an @Authorize that throws lets nobody in', async () => {
    await app.as(tokens.both!).get('/plain/broken').expect(500);
  });

  test('with optional authentication a caller is known, an anonymous one is null, a bad token is refused', async () => {
    const known = await app.as(tokens.admin!).get('/plain/optional').expect(200);
    expect(known.body.caller).toEqual(expect.any(String));
    expect((await app.http.get('/plain/optional').expect(200)).body.caller).toBeNull();
    const bad = await app.http
      .get('/plain/optional')
      .set(...bearer('not.a.token'))
      .expect(401);
    expect(bad.body.code).toBe('invalid_token');
  });

  test('a public route ignores every token, valid or not', async () => {
    expect((await app.as(tokens.admin!).get('/plain/public').expect(200)).body.caller).toBeNull();
    await app.http
      .get('/plain/public')
      .set(...bearer('rubbish'))
      .expect(200);
  });

  test('@CurrentUser(key) injects one property', async () => {
    const answer = await app.as(tokens.both!).get('/plain/roles').expect(200);
    expect(answer.body.roles).toEqual(['editor', 'admin']);
  });

  test.each(['Basic dTpw', 'Token abc', 'bear', ''])(
    'credentials of another scheme (%j) do not count',
    async (value) => {
      const answer = await app.http.get('/plain/bare').set('Authorization', value).expect(401);
      expect(answer.body.code).toBe('missing_token');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="api"');
    },
  );

  test('a token in the URL or the body is ignored', async () => {
    await app.http.get(`/plain/bare?access_token=${tokens.admin}`).expect(401);
    await app.http.post('/auth/logout-all').send({ access_token: tokens.admin }).expect(401);
  });
});
