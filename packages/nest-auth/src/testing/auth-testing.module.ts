import { type AuthExtras, AuthModule, type AuthOptions, BcryptHasher, memoryStores } from '@acme/nest-auth';
import type { DynamicModule } from '@nestjs/common';

/** A time that stands still until it is moved. */
export class TestClock {
  constructor(public now: number = Date.parse('2030-01-01T00:00:00Z')) {}

  /** Pass it as the option `clock`. */
  readonly read = (): number => this.now;

  advance(seconds: number): void {
    this.now += seconds * 1000;
  }
}

export type AuthTestingOptions = Partial<AuthOptions> & AuthExtras;

/** Fixed and public: for tests alone. */
const TEST_SECRETS = {
  access: 'F1xedAccessKeyOfTheTestingModule-neverInProduction',
  refresh: 'F1xedRefreshKeyOfTheTestingModule-neverInProduction',
};

/**
 * `AuthModule` for an app's own tests: memory stores, fixed keys, the cheapest hash that is allowed. Any option can be
 * given in its place.
 *
 * @example
 * ```ts
 * const clock = new TestClock();
 * const module = await Test.createTestingModule({
 *   imports: [AuthTestingModule.forRoot({ clock: clock.read }), NotesModule],
 * }).compile();
 * ```
 */
export const AuthTestingModule = {
  forRoot(options: AuthTestingOptions = {}): DynamicModule {
    return AuthModule.forRoot({
      ...memoryStores(options.clock ? { clock: options.clock } : {}),
      secrets: TEST_SECRETS,
      password: { hasher: new BcryptHasher({ cost: 10 }) },
      ...options,
    });
  },
};
