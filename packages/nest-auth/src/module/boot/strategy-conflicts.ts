import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../../core/errors/auth-error.js';
import { token } from '../../core/token.js';
import { OWN_STRATEGIES } from '../../guards/passport-strategy.js';
import { strategyNames } from '../../guards/strategy-names.js';

/** Identifies which tokens the strategies of a module accept. */
export const FINGERPRINT = token<string>('fingerprint');

/** What is known about one of the library's strategies in another module, or in another app of the process. */
interface Owner {
  readonly fingerprint: string;
  readonly usesPassport: boolean;
}

interface Meeting {
  readonly name: string;
  readonly strategy: object;
  readonly rival: object;
  readonly me: Owner;
}

const owners = new WeakMap<object, Owner>();

/**
 * Finds strategies with the same name as the library's. Passport keeps one strategy for each name in the whole process,
 * so the other one is never used.
 */
@Injectable()
export class StrategyConflicts implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger('AuthModule');

  constructor(
    @Inject(OWN_STRATEGIES) private readonly own: Readonly<Record<string, object>>,
    @Inject(FINGERPRINT) private readonly fingerprint: string,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  /** @throws AuthError `invalid_configuration` for a strategy of this app */
  onModuleInit(): void {
    const me: Owner = { fingerprint: this.fingerprint, usesPassport: this.#usesPassport() };
    for (const strategy of Object.values(this.own)) owners.set(strategy, me);
    for (const [name, strategy] of Object.entries(this.own)) {
      for (const rival of strategyNames.rivalsOf(strategy)) this.#meet({ name, strategy, rival, me });
    }
  }

  onModuleDestroy(): void {
    for (const strategy of Object.values(this.own)) strategyNames.release(strategy);
  }

  #meet({ name, strategy, rival, me }: Meeting): void {
    const isSubclassOrForeign = rival.constructor !== strategy.constructor;
    const provider = isSubclassOrForeign && this.discovery.getProviders().find(({ instance }) => instance === rival);
    if (provider) {
      // Nest does not call `onModuleDestroy` for an app that did not start.
      for (const dead of [rival, ...Object.values(this.own)]) strategyNames.release(dead);
      throw sharedInApp(name, `${rival.constructor.name} of ${provider.host?.name ?? 'this app'}`);
    }
    if (isSubclassOrForeign || (name === 'jwt' && meets(owners.get(rival), me))) this.#logger.warn(sharedByApps(name));
  }

  /** Whether this app uses a guard made by `AuthGuard(…)` of @nestjs/passport. */
  #usesPassport(): boolean {
    const classes = [...this.modules.values()].flatMap(({ injectables, providers }) =>
      [...injectables.values(), ...providers.values()].map(({ metatype }) => metatype),
    );
    return classes.some((type) => {
      const { handleRequest, getAuthenticateOptions } = (type?.prototype ?? {}) as Readonly<Record<string, unknown>>;
      return typeof handleRequest === 'function' && typeof getAuthenticateOptions === 'function';
    });
  }
}

/** Whether a guard of one module would ask the other's strategy, which accepts other tokens. */
function meets(other: Owner | undefined, me: Owner): boolean {
  if (!other || other.fingerprint === me.fingerprint) return false;
  return other.usesPassport || me.usesPassport;
}

function sharedInApp(name: string, rival: string): AuthError {
  return new AuthError('invalid_configuration', {
    message:
      `AuthModule cannot start: ${rival} is a Passport strategy named '${name}', and so is one of @acme/nest-auth. ` +
      `Passport keeps one for each name, so the other would never be asked. Give yours another name, in its guards too: PassportStrategy(Strategy, 'my-${name}') and AuthGuard('my-${name}').`,
  });
}

function sharedByApps(name: string): string {
  return (
    `This process has two Passport strategies named '${name}' that accept different tokens. Passport keeps one for each ` +
    `name in the whole process: AuthGuard('${name}') asks the one that was registered last, everywhere. Use JwtAuthGuard ` +
    'or @Authenticated(), which belong to their own AuthModule.'
  );
}
