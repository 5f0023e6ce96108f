import type { Collected } from '../collection/collected-handlers.js';
import {
  isEnforced,
  type ListedGuard,
  type ListedPolicy,
  type PolicyFinding,
  type PolicyRules,
} from '../policy-list.js';

type Said = Omit<PolicyFinding, 'name'>;

/** The findings about one handler. */
export function findingsOf(entry: Collected, rules: PolicyRules): PolicyFinding[] {
  const said = [
    publicWrite(entry, rules),
    undeclared(entry, rules),
    notGuarded(entry, rules),
    ...unknown(entry, rules),
  ];
  return said.flatMap((one) => (one ? [{ name: entry.name, ...one }] : []));
}

/** The findings about the whole app. */
export function findingsOfApp(entries: readonly Collected[], rules: PolicyRules): PolicyFinding[] {
  const chain = entries.find(({ kind }) => kind === 'http' || kind === 'graphql')?.guards ?? [];
  return [...guardsBefore(chain, rules), ...staleEntries(entries, chain, rules)];
}

export function isOpen({ access }: Pick<ListedPolicy, 'access'>): boolean {
  return access !== 'authenticated';
}

function publicWrite({ policy, isUnsafe, isOwn, name }: Collected, rules: PolicyRules): Said | undefined {
  if (!isOpen(policy) || !isUnsafe || isOwn || rules.allowPublic?.includes(name)) return undefined;
  return {
    code: 'public_write',
    message: `${name} may change something and is open to everybody (${policy.access}).`,
    remedy: `Say who may call it, or add '${name}' to policy.allowPublic.`,
  };
}

function undeclared({ source, name, isOwn, hasGuards }: Collected, { require }: PolicyRules): Said | undefined {
  if (require !== 'explicit' || source.place !== 'default' || isOwn || !hasGuards) return undefined;
  return {
    code: 'undeclared',
    message: `Nothing says who may call ${name}, so every authenticated user may.`,
    remedy: 'Decorate the method or its class with @Authenticated(), @Roles(…), @Public() …',
  };
}

function notGuarded(entry: Collected, rules: PolicyRules): Said | undefined {
  const { name, isOwn, hasGuards, source } = entry;
  if (isOwn || isEnforced(entry)) return undefined;
  // A field without a declaration is protected by its query.
  if (rules.allowPublic?.includes(name) || (!hasGuards && source.place === 'default')) return undefined;
  return {
    code: 'not_guarded',
    message: `No guard enforces the policy of ${name}, so everybody may call it.`,
    remedy: hasGuards
      ? 'Remove globalGuard: false, or decorate the class with @UseGuards(JwtAuthGuard).'
      : "Give GraphQLModule fieldResolverEnhancers: ['guards'].",
  };
}

function unknown({ policy, name }: Collected, { roles, permissions }: PolicyRules): Said[] {
  const check = (code: 'unknown_role' | 'unknown_permission', wanted: readonly string[], known?: readonly string[]) =>
    wanted
      .filter((one) => known && !known.includes(one))
      .map((one) => ({
        code,
        message: `${name} requires the unknown ${code.slice('unknown_'.length)} '${one}'.`,
        remedy: `Correct it, or add it to policy.${code === 'unknown_role' ? 'roles' : 'permissions'}.`,
      }));
  return [
    ...check('unknown_role', [...policy.anyRole, ...policy.allRoles], roles),
    ...check('unknown_permission', policy.permissions, permissions),
  ];
}

function guardsBefore(chain: readonly ListedGuard[], { guardsBefore = [] }: PolicyRules): PolicyFinding[] {
  const global = chain.filter(({ scope }) => scope === 'global');
  const ours = global.findIndex(({ enforces }) => enforces);
  return global
    .slice(0, Math.max(0, ours))
    .filter(({ name }) => !guardsBefore.includes(name))
    .map(({ name }) => ({
      code: 'guard_before' as const,
      message: `The global guard ${name} is asked before JwtAuthGuard: it may refuse public routes, and it sees no caller.`,
      remedy: `Provide it in a module that is imported after AuthModule, or add '${name}' to policy.guardsBefore.`,
    }));
}

function staleEntries(
  entries: readonly Collected[],
  chain: readonly ListedGuard[],
  { allowPublic = [], guardsBefore = [] }: PolicyRules,
): PolicyFinding[] {
  const open = new Set(entries.filter(isAllowance).map(({ name }) => name));
  const names = new Set(entries.map(({ name }) => name));
  const guards = new Set(chain.map(({ name }) => name));
  const say = (list: string, entry: string, why: string): PolicyFinding => ({
    code: 'stale_entry',
    message: `policy.${list} names '${entry}', ${why}.`,
    remedy: 'Remove it.',
  });
  return [
    ...allowPublic
      .filter((name) => !open.has(name))
      .map((name) => say('allowPublic', name, names.has(name) ? 'which needs no permission' : 'which does not exist')),
    ...guardsBefore.filter((name) => !guards.has(name)).map((name) => say('guardsBefore', name, 'which is not global')),
  ];
}

/** Whether a handler must be in `allowPublic`. */
function isAllowance(entry: Collected): boolean {
  return isOpen(entry.policy) ? entry.isUnsafe : !isEnforced(entry);
}
