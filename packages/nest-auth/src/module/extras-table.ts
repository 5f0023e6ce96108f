import type { AuthFeature } from '../features/feature.js';
import type { STATIC_OPTIONS } from '../options/auth/auth-settings.js';
import { group } from '../options/fields/composites.js';
import { type Field, field, typed } from '../options/fields/field.js';
import { orFalse } from '../options/fields/numbers.js';
import { flag, value } from '../options/fields/values.js';
import type { OptionReader } from '../options/option-reader.js';
import { isRecord, kindOf } from '../options/value-kind.js';
import type { RouteSwitches } from '../routes/auth.controller.js';

const route = (doc: string) => flag({ default: true, doc });

/** The library's routes. Each can be turned off. */
export const ROUTES = {
  prefix: value({
    type: typed<string>('string'),
    default: 'auth',
    fits: (given) => typeof given === 'string',
    remedy: "write 'auth', for example",
    doc: 'The path before the routes.',
  }),
  register: route('`POST /auth/register`.'),
  login: route('`POST /auth/login`.'),
  refresh: route('`POST /auth/refresh`.'),
  logout: route('`POST /auth/logout`.'),
  logoutAll: route('`POST /auth/logout-all`.'),
  me: route('`GET /auth/me`.'),
  password: route('`POST /auth/password`.'),
  confirm: route('`POST /auth/confirm`.'),
  sessions: route('`GET /auth/sessions` and `DELETE /auth/sessions/:id`.'),
  jwks: route('`GET /.well-known/jwks.json`, outside the prefix.'),
} satisfies Record<keyof RouteSwitches | 'prefix' | 'jwks', Field>;

/** The options that shape the module graph, so a factory cannot return them. */
export const EXTRAS = {
  isGlobal: flag({ default: true, doc: 'Whether every module sees the services and guards.' }),
  globalGuard: flag({
    default: true,
    doc: 'Whether every route, resolver, gateway and message handler of the app is private unless it says otherwise.',
  }),
  routes: orFalse(
    group(ROUTES, { type: 'AuthRoutes', shown: "all, under `'auth'`", doc: "The library's routes; `false` for none." }),
  ),
  features: field<Field<readonly AuthFeature[] | undefined, readonly AuthFeature[]>>(
    { default: [], doc: 'Optional parts.' },
    {
      type: typed<readonly AuthFeature[]>('readonly AuthFeature[]'),
      remedy: 'write a list, as in [totp()]',
      read(at, given, found) {
        if (!Array.isArray(given)) return found.add(at, `is ${kindOf(given)}; write a list, as in [totp()]`);
        for (const [index, feature] of given.entries()) checkFeature(at, feature, `[${index}]`, found);
        return given;
      },
    },
  ),
} satisfies Record<(typeof STATIC_OPTIONS)[number], Field>;

const { isGlobal, globalGuard } = EXTRAS;
/** The same for a resource server, which has no routes. */
export const RESOURCE_SERVER_EXTRAS = { isGlobal, globalGuard };

function checkFeature(at: string, feature: unknown, index: string, found: OptionReader): void {
  const { name } = Object(feature) as { readonly name?: unknown };
  if (typeof feature === 'function')
    found.add(at, `is the function ${String(name)}; call it: ${String(name)}()`, index);
  else if (!isRecord(feature)) found.add(at, `is ${kindOf(feature)}; pass what a feature's function returns`, index);
  else if (typeof name !== 'string' || name === '') found.add(at, 'has no name; a feature is { name, … }', index);
}
