import type { Permission, Role } from '../core/policy/principal.js';
import { group, list } from './fields/composites.js';
import { typed } from './fields/field.js';
import { choice, text } from './fields/values.js';

const NAME = text({ example: "'POST /webhooks/stripe', as listPolicies(app) names it" });

/** What boot checks in the policies of the app. */
export const POLICY = group(
  {
    require: choice({
      of: ['explicit', 'none'],
      default: 'none',
      doc: "`'explicit'`: each handler, or its class, must say who may call it. `'none'`: without a decorator, every authenticated user may.",
    }),
    allowPublic: list(NAME, {
      default: [],
      example: "['POST /webhooks/stripe'], for example",
      doc: 'Handlers that may change something and be open all the same, by the names that `listPolicies(app)` has for them.',
    }),
    guardsBefore: list(text({ example: "'ThrottlerGuard', for example" }), {
      default: [],
      example: "['ThrottlerGuard'], for example",
      doc: 'Global guards that may be asked before `JwtAuthGuard`, by the names of their classes.',
    }),
    roles: list(text({ type: typed<Role>('Role'), example: "'admin', for example" }), {
      example: "['admin'], for example",
      shown: 'roles are not checked',
      doc: 'Every role that is ever granted: a handler that asks for another one is a mistake.',
    }),
    permissions: list(text({ type: typed<Permission>('Permission'), example: "'notes:write', for example" }), {
      example: "['notes:write'], for example",
      shown: 'permissions are not checked',
      doc: 'Every permission that is ever granted.',
    }),
    onFinding: choice({
      of: ['throw', 'warn'],
      default: 'throw',
      doc: 'What boot does with findings: refuse to start, or log them once. Without `policy`, it does not look for any.',
    }),
  },
  { doc: 'What boot checks in the policies of all handlers.' },
);
