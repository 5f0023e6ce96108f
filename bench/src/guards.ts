import { createSecretKey } from 'node:crypto';
import {
  type AuthExtras,
  Authenticated,
  AuthModule,
  type AuthOptions,
  memoryStores,
  Roles,
  SessionService,
} from '@acme/nest-auth';
import { ApiKeys, apiKeys } from '@acme/nest-auth/api-keys';
import { inspector } from '@acme/nest-auth/inspector';
import {
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  Inject,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { GuardSetup } from './guard-setup.js';
import { KID, mintAll, SECRETS, sessionId } from './harness/tokens.js';

/** The revocations of a busy day, so that the revocation check has entries to search. */
const REVOKED = 1000;

@Injectable()
class NullGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** The least that a guard of Nest can do to set the caller: the limit. */
@Injectable()
class ConstantCallerGuard implements CanActivate {
  readonly #caller = Object.freeze({ id: 'user', roles: Object.freeze(['admin']) });

  canActivate(context: ExecutionContext): boolean {
    context.switchToHttp().getRequest().user = this.#caller;
    return true;
  }
}

function ours(options: Partial<AuthOptions> & AuthExtras = {}): GuardSetup {
  const stores = memoryStores({ allowInProduction: true });
  const secrets = { access: { secret: SECRETS.access, kid: KID }, refresh: SECRETS.refresh };
  return {
    imports: [AuthModule.forRoot({ ...stores, secrets, ...options })],
    prepare: async (app) => {
      if (options.revocation === 'strict') return;
      const sessions = app.get(SessionService);
      for (let n = 0; n < REVOKED; n++) await sessions.end('user', sessionId(1e9 + n), 'ended');
    },
  };
}

/** As a browser sends it, among cookies of the app's own. */
function oursByCookie(): GuardSetup {
  const cookieOf = (token: string) => `Cookie: theme=dark; __Host-Http-access=${token}; lang=en`;
  return { ...ours({ transport: 'cookie' }), credentials: () => mintAll(WARM_TOKENS).map(cookieOf) };
}

/** Few keys, each used often, as programs do. Each is checked again about once a second. */
function oursByApiKey(): GuardSetup {
  const keys: string[] = [];
  const { prepare, ...setup } = ours({ features: [apiKeys()] });
  return {
    ...setup,
    routeDecorator: Authenticated('jwt', 'api-key'),
    prepare: async (app) => {
      await prepare?.(app);
      for (let n = 0; n < API_KEYS; n++) {
        const { key } = await app.get(ApiKeys).createForService(`bench-${n}`, { permissions: ['read'] });
        keys.push(key);
      }
    },
    credentials: () => keys.map((key) => `Authorization: Bearer ${key}`),
  };
}

async function strictOnRedis(): Promise<GuardSetup> {
  const { openRedis } = await import('./redis-sessions.js');
  const { store, close } = await openRedis({ sessions: WARM_TOKENS });
  return { ...ours({ sessionStore: store, revocation: 'strict' }), close };
}

/** The strategy of the guides, with the same options. */
async function passportJwt(secretOrKey: string | Buffer): Promise<GuardSetup> {
  const { AuthGuard, PassportModule, PassportStrategy } = await import('@nestjs/passport');
  const { ExtractJwt, Strategy } = await import('passport-jwt');
  @Injectable()
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), ignoreExpiration: false, secretOrKey });
    }
    async validate({ sub, roles }: { readonly sub: string; readonly roles: readonly string[] }) {
      return { userId: sub, roles };
    }
  }
  return {
    imports: [PassportModule.register({}) as DynamicModule],
    providers: [JwtStrategy, { provide: APP_GUARD, useClass: AuthGuard('jwt') }],
  };
}

/** The guard of Nest's own chapter on authentication. */
async function jwtService(secret: string | ReturnType<typeof createSecretKey>): Promise<GuardSetup> {
  const { JwtModule, JwtService } = await import('@nestjs/jwt');
  @Injectable()
  class AuthGuard implements CanActivate {
    constructor(@Inject(JwtService) private readonly jwt: InstanceType<typeof JwtService>) {}
    async canActivate(context: ExecutionContext): Promise<boolean> {
      const request = context.switchToHttp().getRequest();
      const [type, token] = request.headers.authorization?.split(' ') ?? [];
      if (type !== 'Bearer' || !token) throw new UnauthorizedException();
      try {
        request.user = await this.jwt.verifyAsync(token, { secret: secret as string });
      } catch {
        throw new UnauthorizedException();
      }
      return true;
    }
  }
  return { imports: [JwtModule.register({})], providers: [{ provide: APP_GUARD, useClass: AuthGuard }] };
}

/** The smallest possible guard: it verifies the token each time, and checks nothing else. */
async function fastJwt(): Promise<GuardSetup> {
  const { createVerifier } = await import('fast-jwt');
  const verify = createVerifier({ key: SECRETS.access, algorithms: ['HS256'], cache: false });
  @Injectable()
  class FastJwtGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const request = context.switchToHttp().getRequest();
      const { authorization } = request.headers;
      if (!authorization?.startsWith('Bearer ')) throw new UnauthorizedException();
      try {
        request.user = verify(authorization.slice(7));
      } catch {
        throw new UnauthorizedException();
      }
      return true;
    }
  }
  return { providers: [{ provide: APP_GUARD, useClass: FastJwtGuard }] };
}

/** The number of different tokens that a warm variant receives. */
export const WARM_TOKENS = 2000;
const API_KEYS = 10;

const keyObject = () => createSecretKey(Buffer.from(SECRETS.access));

/** Everything that is measured, by name; each is made in a process of its own. */
export const GUARDS = {
  bare: async (): Promise<GuardSetup> => ({}),
  'null guard': async (): Promise<GuardSetup> => ({ providers: [{ provide: APP_GUARD, useClass: NullGuard }] }),
  'constant caller': async (): Promise<GuardSetup> => ({
    providers: [{ provide: APP_GUARD, useClass: ConstantCallerGuard }],
  }),
  ours: async () => ours(),
  'ours, @Roles': async (): Promise<GuardSetup> => ({ ...ours(), routeDecorator: Roles('admin') }),
  'ours, by cookie': async () => oursByCookie(),
  'ours, by API key': async () => oursByApiKey(),
  'ours, by both': async () => ours({ transport: 'both' }),
  'ours, inspector closed': async () => ours({ features: [inspector({ access: Roles('admin') })] }),
  'ours, strict on Redis': strictOnRedis,
  'passport-jwt, string': () => passportJwt(SECRETS.access),
  'passport-jwt, KeyObject': () => passportJwt(keyObject() as unknown as Buffer),
  'JwtService, string': () => jwtService(SECRETS.access),
  'JwtService, KeyObject': () => jwtService(keyObject()),
  'fast-jwt, no cache': fastJwt,
  'better-auth, cookie cache': async () => (await import('./better-auth.js')).betterAuthGuard(),
} satisfies Record<string, () => Promise<GuardSetup>>;
