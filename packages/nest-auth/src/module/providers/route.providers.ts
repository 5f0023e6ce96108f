import type { Provider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { fingerprintOf } from '../../core/keys/key-fingerprint.js';
import { readKeys } from '../../core/keys/key-ring.js';
import { claimsOf, type TokenHooks } from '../../core/tokens/token-hooks.js';
import { readAppAnswer } from '../../core/users/app-answer.js';
import { JwtStrategy } from '../../guards/jwt.strategy.js';
import { OWN_STRATEGIES } from '../../guards/passport-strategy.js';
import { CrossSiteCheck } from '../../http/cross-site.js';
import { ShortCookies } from '../../http/short-cookies.js';
import { TokenCookies } from '../../http/token-cookies.js';
import type { AuthSettings } from '../../options/auth/auth-settings.js';
import { cookiePrefix } from '../../options/auth/cookie-fields.js';
import { UserPresenter } from '../../routes/auth.controller.js';
import { LOGIN_FIELD, LocalAuthGuard, LocalStrategy } from '../../routes/local.strategy.js';
import { RefreshAuthGuard, RefreshStrategy } from '../../routes/refresh.strategy.js';
import { RegistrationReader } from '../../routes/registration-reader.js';
import { TOKEN_TRANSPORT, TokenAnswers } from '../../routes/token-answers.js';
import { TOKEN_FIELDS } from '../../routes/token-fields.js';
import { FINGERPRINT } from '../boot/strategy-conflicts.js';
import { provide } from './provide.js';
import { FEATURE_HOOKS, SETTINGS } from './tokens.js';

/** What the routes need beyond the guards. */
export const ROUTES: Provider[] = [
  provide(LOGIN_FIELD, [SETTINGS], ({ loginField }) => loginField),
  provide(
    RegistrationReader,
    [SETTINGS],
    ({ loginField, register }) => new RegistrationReader(loginField, register.schema),
  ),
  provide(UserPresenter, [SETTINGS, FEATURE_HOOKS], presenter),
  provide(TOKEN_TRANSPORT, [SETTINGS], ({ transport }) => transport),
  provide(TOKEN_FIELDS, [SETTINGS], ({ tokenFields }) => tokenFields),
  provide(
    TokenCookies,
    [SETTINGS, CrossSiteCheck, HttpAdapterHost],
    ({ cookies, clock }, check, adapterHost) => new TokenCookies({ ...cookies, clock }, check, adapterHost),
  ),
  provide(
    ShortCookies,
    [SETTINGS, HttpAdapterHost],
    ({ cookies }, adapterHost) => new ShortCookies({ ...cookies, prefix: cookiePrefix(cookies.secure) }, adapterHost),
  ),
  TokenAnswers,
  LocalStrategy,
  RefreshStrategy,
  provide(OWN_STRATEGIES, [JwtStrategy, LocalStrategy, RefreshStrategy], (jwt, local, refresh) => ({
    jwt,
    local,
    refresh,
  })),
  provide(FINGERPRINT, [SETTINGS], ({ secrets, issuer, audience }) =>
    fingerprintOf(readKeys(secrets.access).ring, issuer, ...audience),
  ),
  LocalAuthGuard,
  RefreshAuthGuard,
];

/** An allow-list: other fields of an app's user are shown only by `profile`. */
function presenter({ loginField, profile }: AuthSettings, hooks: readonly TokenHooks[]): UserPresenter {
  return (user) => ({
    ...readAppAnswer(profile?.(user), user, 'profile(user)'),
    ...claimsOf(hooks, user),
    id: user.id,
    [loginField]: user.login,
    roles: user.roles,
    ...(user.permissions ? { permissions: user.permissions } : {}),
  });
}
