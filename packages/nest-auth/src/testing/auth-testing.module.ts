import { type AuthExtras, AuthModule, type AuthOptions, memoryStores } from '@acme/nest-auth';
import { type DynamicModule, Module } from '@nestjs/common';
import { refuseProduction, TestHasher } from './test-hasher.js';
import { unlimited } from './unlimited.js';

/** A clock that stands still until it is moved. */
export class TestClock {
  constructor(public now: number = Date.parse('2030-01-01T00:00:00Z')) {}

  /** Pass it as the option `clock`. */
  readonly read = (): number => this.now;

  advance(seconds: number): void {
    this.now += seconds * 1000;
  }
}

export type AuthTestingOptions = Partial<AuthOptions> & AuthExtras;

type AsyncOptions = Parameters<typeof AuthModule.forRootAsync>[0];

/** Like the options of `AuthModule.forRootAsync`, but the factory may omit any option. */
export interface AuthTestingAsyncOptions extends Pick<AsyncOptions, 'imports' | 'inject'>, AuthExtras {
  // biome-ignore lint/suspicious/noExplicitAny: only `inject` determines the parameters of a factory
  readonly useFactory: (...injected: any[]) => Partial<AuthOptions> | Promise<Partial<AuthOptions>>;
}

/** Fixed and public: only for tests. */
const TEST_SECRETS = {
  access: 'F1xedAccessKeyOfTheTestingModule-neverInProduction',
  refresh: 'F1xedRefreshKeyOfTheTestingModule-neverInProduction',
};

/**
 * `AuthModule` for an app's own tests: memory stores, fixed keys, cheap hashes, and no limit of attempts unless
 * `throttle` is given. Each of these can be replaced by an option. It refuses to start if `NODE_ENV` is `production`.
 *
 * @example
 * ```ts
 * const clock = new TestClock();
 * const module = await Test.createTestingModule({
 *   imports: [AuthTestingModule.forRoot({ clock: clock.read }), NotesModule],
 * }).compile();
 * ```
 */
@Module({ providers: [{ provide: Symbol.for('acme/nest-auth:testing'), useFactory: refuseBare }] })
export class AuthTestingModule {
  static forRoot(options: AuthTestingOptions = {}): DynamicModule {
    return AuthModule.forRoot({ ...completed(options), ...options, ...merged(options) });
  }

  /**
   * For options that a factory makes.
   *
   * @example
   * ```ts
   * AuthTestingModule.forRootAsync({ inject: [UsersService], useFactory: (userStore: UsersService) => ({ userStore }) });
   * ```
   */
  static forRootAsync({ useFactory, ...rest }: AuthTestingAsyncOptions): DynamicModule {
    refuseProduction('AuthTestingModule');
    const parameters = rest.inject?.length ?? 0;
    const factory = async (...injected: unknown[]) => {
      const options = await useFactory(...injected);
      return { ...completed(options), ...options, ...merged(options) };
    };
    // Boot compares the number of a factory's parameters with `inject`.
    if (useFactory.length > parameters) Object.defineProperty(factory, 'length', { value: useFactory.length });
    return AuthModule.forRootAsync({ ...rest, useFactory: factory } as AsyncOptions);
  }
}

function completed(options: Partial<AuthOptions>): Pick<AuthOptions, 'userStore' | 'secrets' | 'throttle'> {
  refuseProduction('AuthTestingModule');
  return {
    ...memoryStores(options.clock ? { clock: options.clock } : {}),
    secrets: TEST_SECRETS,
    throttle: { limiter: unlimited },
  };
}

/** Keeps the test hasher if only other options of `password` are given. */
function merged({ password }: Partial<AuthOptions>): Pick<AuthOptions, 'password'> {
  return { password: { hasher: new TestHasher(), ...password } };
}

function refuseBare(): never {
  throw new Error('AuthTestingModule is imported without a call; write AuthTestingModule.forRoot().');
}
