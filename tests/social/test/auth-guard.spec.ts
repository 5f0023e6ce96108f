import { type AuthRequest, AuthService, type AuthUser, CurrentUser, deviceOf, Public } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, type ExecutionContext, Get, Inject, Injectable, Req, type Type, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-github2';
import { type App, me, PLATFORMS, startApp } from '../src/app.js';
import { type FakeOptions, FakeProvider } from '../src/fake-provider.js';
import { CASES, optionsOf } from '../src/strategies.js';
import { ANN } from '../src/world.js';

let fake: FakeProvider;
let app: App;

/** The SHA-256 of an empty input, because without PKCE there is no verifier. */
const NO_VERIFIER = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';

/** The app's own strategy, as in the guides of Nest: without state and PKCE. */
@Injectable()
class OwnGitHubStrategy extends PassportStrategy(Strategy as unknown as Type<object>, 'own-github') {
  constructor(@Inject('client') options: object) {
    super(options as never);
  }

  validate(_access: string, _refresh: string, profile: { id: string }) {
    return app.userStore.findByLogin(`${profile.id}@example.org`);
  }
}

@Injectable()
class OwnGitHubGuard extends AuthGuard('own-github') {
  getResponse(context: ExecutionContext) {
    const response = context.switchToHttp().getResponse<{ raw?: object }>();
    return response.raw ?? response;
  }
}

@Controller('own/github')
class OwnGitHubController {
  constructor(@Inject(AuthService) private readonly auth: AuthService) {}

  @Public()
  @UseGuards(OwnGitHubGuard)
  @Get()
  callback(@CurrentUser() user: AuthUser, @Req() request: AuthRequest) {
    return this.auth.admit(user, deviceOf(request));
  }
}

describe.each(PLATFORMS)('a redirecting strategy under AuthGuard, on %s', (platform) => {
  beforeAll(async () => {
    fake = await new FakeProvider(CASES.github?.fake as FakeOptions).start();
    const options = optionsOf('github', fake);
    app = await startApp(platform, {
      strategies: {},
      providers: {},
      controllers: [OwnGitHubController],
      injectables: [
        {
          provide: 'client',
          useValue: { ...options, callbackURL: 'http://127.0.0.1/own/github', scope: ['read:user'] },
        },
        OwnGitHubStrategy,
      ],
    });
    await app.userStore.create({ login: `${ANN.id}@example.org`, passwordHash: null, roles: [], profile: {} });
  });
  afterAll(async () => {
    await app.close();
    await fake.stop();
  });

  test('sends the browser to the provider', async () => {
    const answer = await fetch(`${app.origin}/own/github`, { redirect: 'manual', signal: AbortSignal.timeout(5000) });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toMatch(`${fake.url}/authorize?`);
  });

  test('lets the user in by AuthService.admit', async () => {
    fake.grants.set('code', {
      person: ANN,
      challenge: NO_VERIFIER,
      redirectUri: 'http://127.0.0.1/own/github',
      nonce: null,
    });
    const { body } = await app.http('GET', '/own/github?code=code');
    expect((await me(app, body.access_token)).body).toMatchObject({ email: `${ANN.id}@example.org` });
  });
});
