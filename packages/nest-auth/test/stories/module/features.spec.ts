import { inspect } from 'node:util';
import {
  AuthError,
  Authenticated,
  type AuthFeature,
  AuthService,
  type AuthUser,
  type Challenge,
  type CredentialKind,
  type CredentialRequest,
  CredentialStore,
  CurrentUser,
  defineFeature,
  type FeatureHooks,
  featureSettings,
  OneTimeTokens,
  option,
  type Principal,
  Public,
  Roles,
  UserStore,
} from '@acme/nest-auth';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  Body,
  Controller,
  Get,
  type INestApplication,
  Inject,
  Injectable,
  Post,
  Scope,
  VersioningType,
} from '@nestjs/common';
import { PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';

const PIN = '4711';
const noted: string[] = [];

/** A small second factor: after the password, the user's PIN. */
@Injectable()
class PinHooks implements FeatureHooks {
  readonly feature = 'pin';
  readonly credential: CredentialKind = {
    name: 'robot-key',
    matches: ({ headers }: CredentialRequest) => 'x-robot-key' in headers,
    authenticate: async ({ headers }: CredentialRequest): Promise<Principal> => {
      if (headers['x-robot-key'] !== 'r2d2') throw new AuthError('invalid_token');
      return {
        ...{ id: 'r2d2', roles: ['robot'], permissions: [], sessionId: 'none', claims: {} },
        ...{ methods: ['hwk'], authenticatedAt: 0 },
      };
    },
  };

  constructor(@Inject(OneTimeTokens) private readonly tokens: OneTimeTokens) {}

  async beforeSession(user: AuthUser): Promise<Challenge | undefined> {
    if (user.login.startsWith('banned')) throw new AuthError('user_disabled');
    if (!user.login.startsWith('careful')) return undefined;
    const challenge_token = await this.tokens.issue('pin', user.id, 300);
    return { challenge: this.feature, challenge_token, expires_in: 300 };
  }

  async afterLogin(user: AuthUser): Promise<void> {
    noted.push(`in ${user.login}`);
    throw new Error('the audit trail is full');
  }

  async onPasswordChange(user: AuthUser): Promise<void> {
    noted.push(`changed ${user.login}`);
  }
}

@Controller('pin')
class PinController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(UserStore) private readonly users: UserStore,
  ) {}

  @Public()
  @Post()
  async answer(@Body() body: { challenge_token: string; pin: string }) {
    const id = await this.tokens.consume('pin', body.challenge_token);
    const user = id !== null && body.pin === PIN ? await this.users.findById(id) : null;
    if (!user) throw new AuthError('invalid_credentials');
    return this.auth.admit(user, undefined, { passed: ['pin'], methods: ['pwd', 'pin', 'mfa'] });
  }
}

const pin = (): AuthFeature => ({
  name: 'pin',
  claims: ['credential:x-robot-key'],
  needs: { ephemeralStore: true },
  providers: [PinHooks],
  controllers: [PinController],
  hooks: PinHooks,
});

@Controller('works')
class WorksController {
  @Authenticated('jwt', 'robot-key')
  @Roles('robot')
  @Get()
  list(@CurrentUser('id') id: string) {
    return { id };
  }

  @Roles('robot')
  @Get('unnamed')
  unnamed() {}
}

@Controller('plain')
class PlainController {
  @Get()
  list() {}
  helper() {}
}

const HOST = 'admin.example.org';
let built = 0;

@Controller({ path: 'hosted', host: HOST, version: '2', scope: Scope.REQUEST })
class HostedController {
  readonly #number = ++built;

  @Public()
  @Get()
  number() {
    return String(this.#number);
  }
}

describe('a feature', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ features: [pin()], controllers: [WorksController] });
  });
  afterAll(() => app.close());
  beforeEach(() => {
    noted.length = 0;
  });

  const challenge = async (email: string) => {
    await app.http.post('/auth/register').send({ email, password: PASSWORD }).expect(201);
    const { body } = await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(200);
    expect(body).toEqual({ challenge: 'pin', challenge_token: expect.any(String), expires_in: 300 });
    return body.challenge_token as string;
  };

  test('a feature may ask for more between the password and the session; the right answer gets tokens, once', async () => {
    const token = await challenge('careful-1@example.org');
    expect(noted).toEqual([]);
    const answer = { challenge_token: token, pin: PIN };
    const { body } = await app.http.post('/auth/pin').send(answer).expect(201);
    const sessions = await app.as(body.access_token).get('/auth/sessions').expect(200);
    expect(sessions.body).toMatchObject([{ current: true, methods: ['pwd', 'pin', 'mfa'] }]);
    await app.http.post('/auth/pin').send(answer).expect(401);
  });

  test('a challenge token does not work as an access or refresh token, and ends when it expires', async () => {
    const token = await challenge('careful-2@example.org');
    await app.as(token).get('/auth/me').expect(401);
    await app.http.post('/auth/refresh').send({ refresh_token: token }).expect(401);
    app.clock.advance(300);
    await app.http.post('/auth/pin').send({ challenge_token: token, pin: PIN }).expect(401);
  });

  test('access and refresh tokens do not work as challenge tokens', async () => {
    const { access, refresh } = await signUp(app);
    for (const token of [access, refresh]) {
      await app.http.post('/auth/pin').send({ challenge_token: token, pin: PIN }).expect(401);
    }
  });

  test('an error that a feature throws before the session refuses the login', async () => {
    const answer = await app.http.post('/auth/register').send({ email: 'banned@example.org', password: PASSWORD });
    expect([answer.status, answer.body.code]).toEqual([401, 'user_disabled']);
  });

  test('a feature hears of logins and password changes; what it throws there changes nothing', async () => {
    const { email, access } = await signUp(app);
    await app
      .as(access)
      .post('/auth/password')
      .send({ current_password: PASSWORD, new_password: 'another long passphrase' })
      .expect(204);
    expect(noted).toEqual([`in ${email}`, `changed ${email}`]);
  });

  test('a feature authenticates a credential of its own where it is named, and its refusal is final', async () => {
    const robot = await app.http.get('/works').set('X-Robot-Key', 'r2d2').expect(200);
    expect(robot.body.id).toBe('r2d2');
    const wrong = await app.http.get('/works').set('X-Robot-Key', 'wrong').expect(401);
    expect(wrong.body.code).toBe('invalid_token');
    for (const path of ['/works/unnamed', '/auth/me']) {
      const { body } = await app.http.get(path).set('X-Robot-Key', 'r2d2').expect(401);
      expect(body.code).toBe('missing_token');
    }
  });
});

describe('the credential store', () => {
  const credential = {
    id: '6f1c9a0e-95a1-4b44-8f0a-0d2f6b1f3d11',
    userId: '7',
    kind: 'pin',
    key: '7',
    data: { pin: 'hashed' },
    createdAt: new Date(),
    lastUsedAt: null,
    expiresAt: null,
  };

  test('is injected by its port, and is in memory unless the app brings one', async () => {
    const app = await startApp({ options: { credentialStore: undefined } });
    const store = app.app.get<CredentialStore>(CredentialStore);
    expect(await store.create(credential)).toBe(true);
    expect(await store.find('pin', '7')).toEqual({ ...credential, version: 1 });
    await app.close();
  });

  test('that the app brings is the one in use; while it is down, every call is `store_unavailable`', async () => {
    const down = () => Promise.reject(new Error('connection refused for user admin'));
    const credentialStore = { create: down, find: down, list: down, update: down, delete: down, deleteAll: down };
    const app = await startApp({ options: { credentialStore } });
    const store = app.app.get<CredentialStore>(CredentialStore);
    for (const call of [() => store.create(credential), () => store.find('pin', '7'), () => store.deleteAll('7')])
      await expect(call()).rejects.toMatchObject({ code: 'store_unavailable' });
    await app.close();
  });
});

describe('the settings of a feature', () => {
  test('are concealed: an inspection of the app shows no secret of theirs', async () => {
    const options = { clientSecret: option.text({ required: true, example: 'the secret' }) };
    const oidc = defineFeature({ name: 'oidc', options });
    const app = await startApp({ features: [oidc()], options: { oidc: { clientSecret: 'hunter2' } } as object });
    const settings = app.app.get(featureSettings<{ clientSecret: string }>('oidc'), { strict: false });
    expect(settings.clientSecret).toBe('hunter2');
    expect(inspect(settings, { depth: 9, showHidden: true }) + JSON.stringify(settings)).not.toContain('hunter2');
    await app.close();
  });
});

describe('a controller of a feature', () => {
  test('keeps its host, its version and its scope', async () => {
    const configure = (nest: INestApplication) => nest.enableVersioning({ type: VersioningType.URI });
    const app = await startApp({ features: [{ name: 'hosted', controllers: [HostedController] }], configure });
    const path = '/v2/auth/hosted';
    await app.http.get(path).expect(404);
    const [one, two] = [await app.http.get(path).set('Host', HOST), await app.http.get(path).set('Host', HOST)];
    expect([one.text, two.text]).toEqual(['1', '2']);
    await app.http.get('/auth/hosted').set('Host', HOST).expect(404);
    await app.close();
  });
});

describe('at boot', () => {
  const other = (overrides: Partial<AuthFeature>): AuthFeature => ({ name: 'other', ...overrides });

  test.each([
    ['are one', [pin(), pin()], /'pin' is listed twice/],
    ['claim the same thing', [pin(), other({ claims: ['credential:x-robot-key'] })], /'pin' and 'other' both claim/],
  ])('two features that %s fail', async (_, features, message) => {
    await expect(startApp({ features })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringMatching(message),
    });
  });

  test.each(['constructor', 'toString', '__proto__', 'helper', 'nope'])(
    'a switch for %s fails: it is not a route',
    async (name) => {
      const works = defineFeature({ name: 'works', controllers: [PlainController] });
      const features = [works({ routes: JSON.parse(`{ "${name}": false }`) })];
      await expect(startApp({ features })).rejects.toMatchObject({
        code: 'invalid_configuration',
        message: `features: 'works' has no route named ${name}; choose from list.`,
      });
    },
  );

  test.each<[object | null, string]>([
    [{ routes: { list: 'false' } }, "features: the route list of 'works' is a string; write true or false."],
    [{ routes: { list: 0 } }, "features: the route list of 'works' is a number; write true or false."],
    [{ routes: null }, "features: routes of 'works' is null; write { method: false }."],
    [{ routes: ['list'] }, "features: routes of 'works' is a list; write { method: false }."],
    [{ route: { list: false } }, 'works() has no option route; write routes.'],
    [null, 'works() was given null; pass an object, or nothing.'],
  ])('switches that would leave a route on fail: %j', async (extras, message) => {
    const works = defineFeature({ name: 'works', controllers: [PlainController] });
    const boot = async () => startApp({ features: [works(extras as never)] });
    await expect(boot()).rejects.toMatchObject({ code: 'invalid_configuration', message });
  });

  test.each([
    ['length', 'works() has no option length; write it beside userStore: works: { length: … }.'],
    [
      'lenght',
      'works() has no option lenght; write routes here, and its other options beside userStore: works: { … }.',
    ],
  ])('an option %s in the call of the feature fails, and the message says where options go', (name, message) => {
    const works = defineFeature({
      name: 'works',
      options: { length: option.integer({ default: 6, min: 4, max: 8, doc: '' }) },
    });
    expect(() => works({ [name]: 8 } as never)).toThrow(
      expect.objectContaining({ code: 'invalid_configuration', message }) as never,
    );
  });

  test.each(['other', '', undefined])('hooks under another name than their feature fail: %s', async (feature) => {
    const hooks = { inject: [], useFactory: () => ({ feature: feature as string }) };
    await expect(startApp({ features: [other({ name: 'works', hooks })] })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringMatching(/^features: the hooks of 'works' are named .*; write feature: 'works'\.$/),
    });
  });

  test.each([undefined, '', 'jwt', 'robot-key'])('a credential that handlers cannot name fails: %s', async (name) => {
    const credential = { name, matches: () => false, authenticate: async () => null } as unknown as CredentialKind;
    const hooks = { inject: [], useFactory: () => ({ feature: 'works', credential }) };
    await expect(startApp({ features: [pin(), other({ name: 'works', hooks })] })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringMatching(/name/),
    });
  });

  test("a feature's missing capabilities fail by name, all at once", async () => {
    const needs = { userStore: ['setEmail', 'findById'], sessionStore: ['countByUser'], mailer: true };
    await expect(startApp({ features: [other({ needs })] })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringMatching(
        /userStore.*'other'.*setEmail\.[\s\S]*sessionStore.*countByUser[\s\S]*mailer.*'other'/,
      ),
    });
  });
});
