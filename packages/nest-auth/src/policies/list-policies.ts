import type { INestApplicationContext } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { type AppInternals, internalsOf } from './collection/app-internals.js';
import { type Collected, collectHandlers } from './collection/collected-handlers.js';
import { graphqlPathsOf } from './collection/graphql-options.js';
import { outsideRoutes } from './collection/outside-routes.js';
import { answeredBefore, type ExpressApp } from './findings/express-stack.js';
import { outsideFindings } from './findings/outside-findings.js';
import { findingsOf, findingsOfApp } from './findings/policy-findings.js';
import { conflictsOf } from './findings/route-conflicts.js';
import { type HttpRoute, isOpenToAll, type PolicyFinding, type PolicyList, type PolicyRules } from './policy-list.js';
import { ReviewSettings } from './review-settings.js';

/**
 * Lists every route, resolver, gateway and message handler of an app with who may call it, and findings. It reads the
 * decorators as the guard does.
 *
 * It also lists an app that was made with `{ preview: true }`, which opens no connection. Then it does not see handlers
 * of classes that a factory makes, and it sees only those routes outside of Nest that were added so far.
 *
 * @param app the app, or its `ModuleRef` for code inside of the app
 * @param rules what the team expects. @default the option `policy` of the module
 * @throws AuthError `invalid_configuration` if it is unclear who may call a handler; boot throws the same
 *
 * @example
 * ```ts
 * const { entries, findings } = listPolicies(app);
 * const open = entries.filter(({ isOpen }) => isOpen).map(({ name }) => name);
 * ```
 */
export function listPolicies(app: INestApplicationContext | ModuleRef, rules: PolicyRules = rulesOf(app)): PolicyList {
  return policiesOf(internalsOf(app), rules);
}

/** The same as `listPolicies`, for code without an app. */
export function policiesOf(internals: AppInternals, rules: PolicyRules): PolicyList {
  const collected = collectHandlers(internals);
  const conflicts = conflictFindings(collected, internals);
  const entries = collected.map((one) => {
    const { isUnsafe: _, hasGuards: __, ...entry } = one;
    return { ...entry, isOpen: isOpenToAll(one), findings: [...findingsOf(one, rules), ...(conflicts.get(one) ?? [])] };
  });
  const outside = outsideRoutes(
    internals.adapter,
    collected.flatMap(({ route }) => route ?? []),
  );
  const findings = [
    ...findingsOfApp(collected, rules),
    ...entries.flatMap(({ findings }) => findings),
    ...outsideFindings(outside, graphqlPathsOf(internals), rules),
  ];
  return { entries, outside, findings };
}

/** In the preview mode, the options were not read. */
function rulesOf(app: INestApplicationContext | ModuleRef): PolicyRules {
  try {
    return app.get<PolicyRules | null>(ReviewSettings, { strict: false }) ?? {};
  } catch {
    return {};
  }
}

type Route = Collected & { readonly route: HttpRoute };

/** The routes that are never reached. */
function conflictFindings(
  collected: readonly Collected[],
  { adapter, config }: AppInternals,
): ReadonlyMap<Collected, readonly PolicyFinding[]> {
  const routes = collected.filter((one): one is Route => one.route !== undefined);
  const isExpress = adapter?.getType() === 'express';
  const isSorted = config.getRouteResolutionStrategy?.() === 'specificity';
  const found = new Map<Collected, PolicyFinding[]>();
  for (const { dead, winner, code } of conflictsOf(routes, isExpress && !isSorted)) {
    const by = winner.name === dead.name ? `the one in ${winner.className}.${winner.method}` : winner.name;
    found.set(dead, [unreachable(dead, code, `${by}, which is registered before it,`)]);
  }
  if (!isExpress) return found;
  const { router } = adapter.getInstance() as ExpressApp;
  const answer = answeredBefore(
    router?.stack ?? [],
    routes.map(({ route }) => route),
  );
  for (const one of routes) {
    const by = answer(one.route);
    if (by !== undefined) found.set(one, [...(found.get(one) ?? []), unreachable(one, 'shadowed', by)]);
  }
  return found;
}

function unreachable(
  { name, className, method }: Collected,
  code: 'shadowed' | 'duplicate',
  by: string,
): PolicyFinding {
  return {
    code,
    name,
    message: `${className}.${method} is never called for ${name}: ${by} answers first.`,
    remedy: code === 'duplicate' ? 'Remove one of them.' : 'Move it before the other, or give it another path.',
  };
}
