import {
  Authenticated,
  CurrentUser,
  JwtStrategy,
  LocalStrategy,
  Public,
  RefreshStrategy,
  Roles,
  RolesGuard,
} from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get, Inject, Injectable, Post, Req, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { Strategy as CustomStrategy } from 'passport-custom';
import { Strategy as BearerStrategy } from 'passport-http-bearer';
import { bearer, PASSWORD, SECRETS, signUp, startApp, type TestApp } from '../../support/app.js';

const ROBOT = { id: 'robot-1', roles: ['robot'] };

/** Two strategies as an app would write them without this library. */
@Injectable()
class RobotStrategy extends PassportStrategy(BearerStrategy, 'robot') {
  validate(token: string) {
    if (token === 'boom') throw new Error('the robot database is down');
    return token === 'robot-key' ? ROBOT : false;
  }
}

@Injectable()
class TicketStrategy extends PassportStrategy(CustomStrategy, 'ticket') {
  validate(request: { headers: Record<string, string> }) {
    return request.headers['x-ticket'] === 'golden' ? { id: 'guest', roles: 'robot' } : null;
  }
}

@Controller('plain-passport')
@Public()
class PlainPassportController {
  @UseGuards(AuthGuard('jwt'))
  @Get('jwt')
  jwt(@Req() request: { user: { id: string; sessionId: string } }) {
    return { id: request.user.id, sessionId: request.user.sessionId };
  }
  @UseGuards(AuthGuard('local'))
  @Post('local')
  local(@Req() request: { user: { login: string } }) {
    return { login: request.user.login };
  }
  @UseGuards(AuthGuard('refresh'))
  @Post('refresh')
  refresh(@Req() request: { user: { refreshToken: string } }) {
    return { successor: request.user.refreshToken };
  }
  @UseGuards(AuthGuard(['robot', 'jwt']))
  @Get('either')
  either(@Req() request: { user: { id: string } }) {
    return { id: request.user.id };
  }
}

@Controller('foreign')
class ForeignController {
  @Authenticated('robot')
  @Roles('robot')
  @Get('robot')
  robot(@CurrentUser('id') id: string) {
    return { id };
  }
  @Authenticated('ticket', 'robot', 'jwt')
  @Get('any')
  any(@CurrentUser('id') id: string) {
    return { id };
  }
  @Authenticated('ticket')
  @Roles('robot')
  @Get('ticket')
  ticket() {
    return {};
  }
}

@Controller('decides-only')
class DecidesOnlyController {
  @UseGuards(AuthGuard('robot'), RolesGuard)
  @Roles('robot')
  @Get('robot')
  robot() {
    return {};
  }
  @UseGuards(RolesGuard)
  @Get('alone')
  alone() {
    return {};
  }
}

describe('Passport', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({
      controllers: [PlainPassportController, ForeignController],
      providers: [RobotStrategy, TicketStrategy],
    });
  });
  afterAll(() => app.close());

  test('our strategies are Passport strategies', () => {
    for (const strategy of [JwtStrategy, LocalStrategy, RefreshStrategy]) {
      expect(app.app.get(strategy)).toBeInstanceOf(passport.Strategy);
    }
  });

  test("AuthGuard('jwt') of @nestjs/passport verifies as ours does, revocation included", async () => {
    const { access } = await signUp(app);
    const answer = await app.as(access).get('/plain-passport/jwt').expect(200);
    expect(answer.body.sessionId).toEqual(expect.any(String));
    await app.as(access).post('/auth/logout').expect(204);
    await app.as(access).get('/plain-passport/jwt').expect(401);
    await app.http.get('/plain-passport/jwt').expect(401);
  });

  test("AuthGuard('local') checks login and password, of the body only", async () => {
    const { email } = await signUp(app);
    const answer = await app.http.post('/plain-passport/local').send({ email, password: PASSWORD }).expect(201);
    expect(answer.body.login).toBe(email);
    const wrong = await app.http.post('/plain-passport/local').send({ email, password: 'wrong' }).expect(401);
    expect(wrong.body.code).toBe('invalid_credentials');
    await app.http.post(`/plain-passport/local?email=${email}&password=${encodeURIComponent(PASSWORD)}`).expect(400);
  });

  test("AuthGuard('refresh') rotates: a token that was replaced does not get in for long", async () => {
    const { refresh } = await signUp(app);
    const send = (token: string) => app.http.post('/plain-passport/refresh').send({ refresh_token: token });
    const { body } = await send(refresh).expect(201);
    app.clock.advance(61);
    expect((await send(refresh).expect(401)).body.code).toBe('refresh_token_reused');
    await send(body.successor).expect(401);
  });

  test("an app's own strategy works beside ours, through AuthGuard", async () => {
    const { access } = await signUp(app);
    const robot = await app.http
      .get('/plain-passport/either')
      .set(...bearer('robot-key'))
      .expect(200);
    expect(robot.body.id).toBe(ROBOT.id);
    const user = await app.as(access).get('/plain-passport/either').expect(200);
    expect(user.body.id).not.toBe(ROBOT.id);
    await app.http.get('/plain-passport/either').expect(401);
  });

  test("an app's own strategy works through @Authenticated, under the same policy", async () => {
    const get = (path: string, token: string) => app.as(token).get(path);
    expect((await get('/foreign/robot', 'robot-key').expect(200)).body.id).toBe(ROBOT.id);
    const { access } = await signUp(app);
    const user = await get('/foreign/robot', access).expect(401);
    expect(user.body.code).toBe('invalid_token');
    await get('/foreign/any', access).expect(200);
    expect((await app.http.get('/foreign/any').set('X-Ticket', 'golden').expect(200)).body.id).toBe('guest');
    expect((await app.http.get('/foreign/any').expect(401)).body.code).toBe('missing_token');
  });

  test('a user of a foreign strategy whose roles are not a list has no roles', async () => {
    const answer = await app.http.get('/foreign/ticket').set('X-Ticket', 'golden').expect(403);
    expect(answer.body.code).toBe('insufficient_scope');
  });

  test('a strategy that throws is 500: neither a refusal nor a way in', async () => {
    await app.http
      .get('/foreign/robot')
      .set(...bearer('boom'))
      .expect(500);
  });

  test('strategies that are named and not provided fail at boot, all of them at once', async () => {
    @Controller('nowhere')
    class NowhereController {
      @Authenticated('nowhere')
      @Get()
      list() {
        return {};
      }

      @Authenticated('jwt', 'apikey')
      @Get('one')
      one() {
        return {};
      }
    }
    const refusal = await startApp({ controllers: [NowhereController] }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'invalid_configuration' });
    const named = [...(refusal as Error).message.matchAll(/^@Authenticated\('(.*)'\): no Passport strategy/gm)];
    expect(named.map(([, name]) => name)).toEqual(['nowhere', 'apikey']);
  });
});

describe('RolesGuard', () => {
  test('RolesGuard decides about the user of another guard, and refuses if there is none', async () => {
    const app = await startApp({
      globalGuard: false,
      controllers: [DecidesOnlyController],
      providers: [RobotStrategy],
    });
    await app.http
      .get('/decides-only/robot')
      .set(...bearer('robot-key'))
      .expect(200);
    const alone = await app.http.get('/decides-only/alone').expect(401);
    expect(alone.body.code).toBe('missing_token');
    await app.close();
  });
});

describe('two apps in one process', () => {
  test("two apps in one process never accept each other's tokens", async () => {
    const first = await startApp();
    const second = await startApp({
      options: {
        secrets: { access: [...SECRETS.access].reverse().join(''), refresh: [...SECRETS.refresh].reverse().join('') },
      },
    });
    const [one, two] = [await signUp(first), await signUp(second)];
    for (const [app, own, foreign] of [
      [first, one, two],
      [second, two, one],
    ] as const) {
      await app.as(own.access).get('/auth/me').expect(200);
      await app.as(foreign.access).get('/auth/me').expect(401);
      await app.http.post('/auth/refresh').send({ refresh_token: foreign.refresh }).expect(401);
      await app.http.post('/auth/refresh').send({ refresh_token: own.refresh }).expect(200);
    }
    await first.close();
    await second.close();
  });

  test('two apps in one process run their own instances of a strategy that both have', async () => {
    @Injectable()
    class DoorStrategy extends PassportStrategy(CustomStrategy, 'door') {
      constructor(@Inject('door') private readonly door: string) {
        super();
      }
      validate(request: { headers: Record<string, string> }) {
        return request.headers['x-door'] === this.door ? { id: this.door } : null;
      }
    }
    @Controller('door')
    class DoorController {
      @Authenticated('door')
      @Get()
      enter(@CurrentUser('id') id: string) {
        return { id };
      }
    }
    const behind = (door: string) =>
      startApp({ controllers: [DoorController], providers: [DoorStrategy, { provide: 'door', useValue: door }] });
    // At the same time, so that each registers with Passport before the other looks the name up.
    const [front, back] = await Promise.all([behind('front'), behind('back')]);
    const knock = (app: TestApp, door: string) => app.http.get('/door').set('X-Door', door);
    expect((await knock(front, 'front').expect(200)).body.id).toBe('front');
    expect((await knock(back, 'back').expect(200)).body.id).toBe('back');
    await knock(front, 'back').expect(401);
    await knock(back, 'front').expect(401);
    await front.close();
    await back.close();
  });
});
