import {
  Authenticated,
  AuthModule,
  CurrentUser,
  OptionalAuth,
  type Principal,
  Public,
  Roles,
  TokenService,
} from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  Module,
  Req,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { Test } from '@nestjs/testing';
import { Strategy as CustomStrategy } from 'passport-custom';
import supertest from 'supertest';
import { SECRETS, signUp, startApp } from '../../support/app.js';

interface OldRequest {
  readonly user: { readonly userId: string; readonly username: string } | null;
}

/** A guard of the old app, which runs after ours. */
class OwnerGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<OldRequest>();
    return typeof user?.userId === 'string';
  }
}

@Injectable()
class TicketStrategy extends PassportStrategy(CustomStrategy, 'ticket') {
  validate({ headers }: { readonly headers: Record<string, string> }) {
    return headers['x-ticket'] === 'valid' ? { ticket: 7 } : null;
  }
}

const show = (request: OldRequest, caller: Principal | null) => ({ user: request.user, caller });

@Controller()
class OldController {
  @UseGuards(OwnerGuard)
  @Get('plain')
  plain(@Req() request: OldRequest, @CurrentUser() caller: Principal) {
    return show(request, caller);
  }
  @Roles('admin')
  @Get('admin')
  admin(@Req() request: OldRequest, @CurrentUser() caller: Principal) {
    return show(request, caller);
  }
  @UseGuards(AuthGuard('jwt'))
  @Get('passport')
  passport(@Req() request: OldRequest, @CurrentUser() caller: Principal) {
    return show(request, caller);
  }
  @Authenticated('jwt', 'ticket')
  @Get('either')
  either(@Req() request: OldRequest, @CurrentUser() caller: Principal) {
    return show(request, caller);
  }
  @OptionalAuth()
  @Get('optional')
  optional(@Req() request: OldRequest, @CurrentUser() caller: Principal | null) {
    return show(request, caller);
  }
  @Public()
  @Get('public')
  public(@CurrentUser() caller: Principal | null) {
    return { caller };
  }
}

const requestUser = ({ id, claims }: Principal) => ({ userId: id, username: String(claims.username) });

let app: Pick<INestApplication, 'close'>;

afterEach(() => app.close());

async function boot(show: (caller: Principal) => object = requestUser) {
  const one = await startApp({
    controllers: [OldController],
    providers: [TicketStrategy],
    options: { requestUser: show, claims: ({ login }) => ({ username: login }), register: { roles: ['admin'] } },
  });
  app = one;
  const ada = await signUp(one);
  const { id = '' } = (await one.userStore.findByLogin(ada.email)) ?? {};
  return { ...one, ada: { ...ada, id } };
}

describe('with requestUser, request.user has the shape of the old app', () => {
  test.each(['plain', 'admin', 'passport', 'either', 'optional'])(
    'and @CurrentUser() is the Principal: %s',
    async (path) => {
      const { as, ada } = await boot();
      const { body } = await as(ada.access).get(`/${path}`).expect(200);
      expect(body.user).toEqual({ userId: ada.id, username: ada.email });
      expect(body.caller).toMatchObject({ id: ada.id, roles: ['admin'], sessionId: expect.any(String) });
    },
  );

  test('and is null for an anonymous caller', async () => {
    const { http } = await boot();
    expect((await http.get('/optional').expect(200)).body).toEqual({ user: null, caller: null });
    expect((await http.get('/public').expect(200)).body).toEqual({ caller: null });
    await http.get('/plain').expect(401);
  });

  test("and the user of the app's own strategy stays as it is", async () => {
    const { http } = await boot();
    const { body } = await http.get('/either').set('X-Ticket', 'valid').expect(200);
    expect(body).toEqual({ user: { ticket: 7 }, caller: { ticket: 7 } });
  });

  test('and one object for all callers does not mix up callers', async () => {
    const shared = { userId: 'everybody' };
    const one = await boot(() => shared);
    const bob = await signUp(one);
    const { id } = (await one.userStore.findByLogin(bob.email)) ?? {};
    const ids = await Promise.all(
      [one.ada.access, bob.access].map(async (token) => (await one.as(token).get('/plain')).body.caller.id),
    );
    expect(ids).toEqual([one.ada.id, id]);
  });

  test.each([
    ['nothing', () => undefined],
    ['a text', () => 'ada'],
    ['a promise', async () => ({ userId: '1' })],
  ])('or the answer is 500, if requestUser returns %s', async (_what, wrong) => {
    const { as, ada } = await boot(wrong as never);
    const { body } = await as(ada.access).get('/admin').expect(500);
    expect(body.code).toBe('invalid_configuration');
    await as(ada.access).get('/passport').expect(500);
  });
});

test('a resource server has requestUser too', async () => {
  const issuer = await startApp({
    options: { issuer: 'https://auth.example.org', audience: 'notes', transport: 'bearer' },
  });
  app = issuer;
  const user = { id: '7', login: 'ada', passwordHash: null, roles: [] };
  const { token } = await issuer.app.get(TokenService).issue(user, 's');
  @Module({
    imports: [
      AuthModule.forResourceServer({
        keys: SECRETS.access,
        issuer: 'https://auth.example.org',
        audience: 'notes',
        clock: issuer.clock.read,
        requestUser: ({ id }) => ({ sub: id }),
      }),
    ],
    controllers: [OldController],
    providers: [TicketStrategy],
  })
  class NotesModule {}
  const moduleRef = await Test.createTestingModule({ imports: [NotesModule] }).compile();
  const notes = moduleRef.createNestApplication({ logger: false });
  try {
    await notes.listen(0, '127.0.0.1');
    const { body } = await supertest(await notes.getUrl())
      .get('/optional')
      .set('Authorization', `Bearer ${token}`);
    expect(body).toMatchObject({ user: { sub: '7' }, caller: { id: '7' } });
  } finally {
    await notes.close();
  }
});
