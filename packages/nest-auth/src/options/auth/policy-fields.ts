import type { Permission, Role } from '../../core/policy/principal.js';
import { group, list } from '../fields/composites.js';
import { typed } from '../fields/field.js';
import { choice, text } from '../fields/values.js';

const NAME = text({ example: "'POST /webhooks/stripe', as listPolicies(app) names it" });

/** The option `policy`: what boot checks in the policies of the app. */
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
      doc: 'Public handlers that may change something, by their names in `listPolicies(app)`.',
    }),
    allowOutside: list(text({ example: "'GET /api*', as listPolicies(app) names it" }), {
      default: [],
      example: "['GET /api*'], for example",
      doc: 'Routes that Express or Fastify answers without the guard, by their names in `listPolicies(app)`. A name that ends with `*` means all names with that beginning.',
    }),
    guardsBefore: list(text({ example: "'ThrottlerGuard', for example" }), {
      default: [],
      example: "['ThrottlerGuard'], for example",
      doc: 'Class names of global guards that may run before `JwtAuthGuard`.',
    }),
    roles: list(text({ type: typed<Role>('Role'), example: "'admin', for example" }), {
      example: "['admin'], for example",
      shown: 'roles are not checked',
      doc: 'Every role that users can have. A handler that requires another role is a finding.',
    }),
    permissions: list(text({ type: typed<Permission>('Permission'), example: "'notes:write', for example" }), {
      example: "['notes:write'], for example",
      shown: 'permissions are not checked',
      doc: 'Every permission that users can have. A handler that requires another permission is a finding.',
    }),
    onFinding: choice({
      of: ['throw', 'warn'],
      default: 'throw',
      doc: 'Whether boot refuses to start with findings, or logs them once. Without `policy`, it does not check.',
    }),
  },
  { doc: 'What boot checks in the policies of all handlers.' },
);
