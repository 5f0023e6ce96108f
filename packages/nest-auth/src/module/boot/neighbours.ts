import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { APP_GUARD, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../../core/errors/auth-error.js';
import { JwtStrategy } from '../../guards/jwt.strategy.js';
import { JwtAuthGuard } from '../../guards/jwt-auth.guard.js';
import type { AuthSettings } from '../../options/auth/auth-settings.js';
import { AuthController } from '../../routes/auth.controller.js';
import { JwksController } from '../../routes/jwks.controller.js';
import { SHARED_SETTINGS } from '../providers/tokens.js';
import { findProvider, type Module, type Wrapper } from './dependencies.js';

// Nest's own metadata key, which it does not export.
const PATH = 'path';

/**
 * Refuses AuthModules of one app that conflict. Global guards all check every request, so each would refuse the tokens
 * of the others; of two routes with one path, one is never reached; and of two cookies with one name, one is overwritten.
 */
@Injectable()
export class Neighbours implements OnModuleInit {
  /** Checks in the constructor, before Fastify refuses the second route. @throws AuthError `invalid_configuration` */
  constructor(@Inject(ModulesContainer) private readonly container: ModulesContainer) {
    const modules = [...container.values()];
    const guarding = new Set(modules.flatMap((module) => globalGuardsOf(module)));
    if (guarding.size > 1) throw cannotStart(`${guarding.size} modules of it have a global guard, ${TWO_GUARDS}`);
    const paths = modules.flatMap(({ controllers }) => [...controllers.values()].flatMap(pathOf));
    const twice = paths.find((path, index) => paths.indexOf(path) !== index);
    if (twice !== undefined) throw cannotStart(`two modules of it have routes under '/${twice}', ${TWO_PATHS}`);
  }

  /** The names of cookies are options, which every module has read by now. @throws AuthError `invalid_configuration` */
  onModuleInit(): void {
    const cookies = [...this.container.values()].flatMap(cookiesOf);
    const twice = cookies.find((name, index) => cookies.indexOf(name) !== index);
    if (twice !== undefined) throw cannotStart(`two modules of it set the cookie ${twice}, ${TWO_COOKIES}`);
  }
}

const GUIDE = 'https://github.com/acme/nest-auth/blob/main/docs/guides/several-user-bases.md';
const TWO_GUARDS =
  'and each would refuse the tokens of the others. Call forRoot once and share what it returns; or, for several kinds ' +
  `of users, give each globalGuard: false and isGlobal: false (${GUIDE}). ` +
  'forResourceServer counts too';
const TWO_PATHS =
  'of which only one would answer. Give each routes: { prefix } of its own, and all but one jwks: false ' +
  `(${GUIDE})`;
const TWO_COOKIES =
  'so that a login at one would end that at the other. Give each names of its own: cookies: { access, refresh } ' +
  `(${GUIDE})`;

function cannotStart(problem: string): AuthError {
  return new AuthError('invalid_configuration', { message: `AuthModule cannot start: ${problem}.` });
}

/** The modules whose guard a module makes global. */
function globalGuardsOf(module: Module): Module[] {
  return [...module.providers].flatMap(([token, { inject, metatype }]) => {
    if (typeof token !== 'string' || !token.startsWith(APP_GUARD)) return [];
    const isAlias = inject?.[0] === JwtAuthGuard;
    if (!isAlias && (metatype as unknown) !== JwtAuthGuard) return [];
    return findProvider(module, isAlias ? JwtAuthGuard : JwtStrategy)?.module ?? [];
  });
}

/** The cookies that a module sets. A resource server sets none. */
function cookiesOf({ providers }: Module): string[] {
  const settings = providers.get(SHARED_SETTINGS)?.instance as Partial<AuthSettings> | undefined;
  const { transport = 'bearer', cookies } = settings ?? {};
  return transport === 'bearer' || cookies?.refresh === undefined ? [] : [cookies.access, cookies.refresh];
}

function pathOf({ metatype }: Wrapper): string[] {
  const isOurs = metatype === JwksController || metatype?.prototype instanceof AuthController;
  return isOurs ? [String(Reflect.getMetadata(PATH, metatype as object))] : [];
}
