import { describe, expect, test } from '@jest/globals';
import { listedPolicy } from '../../../test/support/policies/listed-policy.js';
import type { Collected } from '../collection/collected-handlers.js';
import type { ListedGuard, ListedPolicy, PolicyRules } from '../policy-list.js';
import { findingsOf, findingsOfApp } from './policy-findings.js';

const OURS: ListedGuard = { name: 'JwtAuthGuard', scope: 'global', enforces: true };
const THROTTLER: ListedGuard = { name: 'ThrottlerGuard', scope: 'global', enforces: false };

const handler = (policy: Partial<ListedPolicy> = {}, more: Partial<Collected> = {}): Collected => ({
  kind: 'http',
  name: 'POST /notes',
  className: 'NotesController',
  method: 'create',
  policy: listedPolicy(policy),
  source: { place: 'method', className: 'NotesController' },
  guards: [OURS],
  isOwn: false,
  isUnsafe: true,
  hasGuards: true,
  ...more,
});
const codes = (entry: Collected, rules: PolicyRules = {}) => findingsOf(entry, rules).map(({ code }) => code);
const codesOfApp = (entries: readonly Collected[], rules: PolicyRules = {}) =>
  findingsOfApp(entries, rules).map(({ code, message }) => `${code}: ${message}`);

describe('a handler', () => {
  test('that may change something and is open is found, unless the team allows it or the library brings it', () => {
    for (const access of ['public', 'optional'] as const) {
      expect(codes(handler({ access }))).toEqual(['public_write']);
      expect(codes(handler({ access }, { isUnsafe: false }))).toEqual([]);
      expect(codes(handler({ access }, { isOwn: true }))).toEqual([]);
      expect(codes(handler({ access }), { allowPublic: ['POST /notes'] })).toEqual([]);
      expect(codes(handler({ access }), { allowPublic: ['POST /'] })).toEqual(['public_write']);
    }
    expect(codes(handler())).toEqual([]);
  });

  test('without a declaration is found if the team requires one', () => {
    const bare = handler({}, { source: { place: 'default' } });
    expect(codes(bare, { require: 'explicit' })).toEqual(['undeclared']);
    expect(codes(bare, { require: 'none' })).toEqual([]);
    expect(codes(handler({}, { source: { place: 'class' } }), { require: 'explicit' })).toEqual([]);
    expect(codes({ ...bare, isOwn: true }, { require: 'explicit' })).toEqual([]);
    expect(codes({ ...bare, hasGuards: false }, { require: 'explicit' })).toEqual([]);
  });

  test('without an enforcing guard is found, unless it is public or allowed to be', () => {
    const bare = handler({}, { guards: [THROTTLER] });
    expect(codes(bare)).toEqual(['not_guarded']);
    expect(codes(handler({ access: 'optional' }, { guards: [], isUnsafe: false }))).toEqual(['not_guarded']);
    expect(codes(handler({ access: 'public' }, { guards: [], isUnsafe: false }))).toEqual([]);
    expect(codes(bare, { allowPublic: ['POST /notes'] })).toEqual([]);
  });

  test('of GraphQL that says who may call it is found if GraphQL asks no guard for it', () => {
    const field = handler(
      { anyRole: ['admin'] },
      { kind: 'graphql', name: 'Field Note.secret', guards: [], hasGuards: false },
    );
    const [finding] = findingsOf(field, {});
    expect([finding?.code, finding?.remedy]).toEqual([
      'not_guarded',
      "Give GraphQLModule fieldResolverEnhancers: ['guards'].",
    ]);
    expect(codes({ ...field, source: { place: 'default' } })).toEqual([]);
    expect(codes({ ...field, isUnsafe: false, policy: { ...field.policy, access: 'public' } })).toEqual([]);
    expect(codes(field, { allowPublic: ['Field Note.secret'] })).toEqual([]);
  });

  test('that requires an unknown role or permission is found, if the team lists the known ones', () => {
    const entry = handler({ anyRole: ['admin', 'root'], allRoles: ['editr'], permissions: ['notes:wirte'] });
    expect(codes(entry)).toEqual([]);
    const findings = findingsOf(entry, { roles: ['admin', 'editor'], permissions: ['notes:write'] });
    expect(findings.map(({ code, message }) => [code, message])).toEqual([
      ['unknown_role', "POST /notes requires the unknown role 'root'."],
      ['unknown_role', "POST /notes requires the unknown role 'editr'."],
      ['unknown_permission', "POST /notes requires the unknown permission 'notes:wirte'."],
    ]);
    expect(findings.every(({ remedy }) => remedy.startsWith('Correct it, or add it to policy.'))).toBe(true);
  });
});

describe('the app', () => {
  test('has a finding for each global guard before ours that the team did not name', () => {
    const guards = (...chain: ListedGuard[]) => [handler({}, { guards: chain })];
    expect(codesOfApp(guards(THROTTLER, OURS))).toEqual([
      'guard_before: The global guard ThrottlerGuard is asked before JwtAuthGuard: it may refuse public routes, and it sees no caller.',
    ]);
    expect(codesOfApp(guards(OURS, THROTTLER))).toEqual([]);
    expect(codesOfApp(guards(THROTTLER))).toEqual([]);
    expect(codesOfApp(guards(THROTTLER, OURS), { guardsBefore: ['ThrottlerGuard'] })).toEqual([]);
    expect(codesOfApp(guards({ ...THROTTLER, scope: 'controller' }, OURS))).toEqual([]);
  });

  test('has a finding for each entry of a list that is no longer needed', () => {
    const entries = [handler({ access: 'public' }), handler({}, { name: 'PUT /notes' })];
    const rules = { allowPublic: ['POST /notes', 'PUT /notes', 'POST /gone'], guardsBefore: ['GoneGuard'] };
    expect(codesOfApp(entries, rules)).toEqual([
      "stale_entry: policy.allowPublic names 'PUT /notes', which needs no permission.",
      "stale_entry: policy.allowPublic names 'POST /gone', which does not exist.",
      "stale_entry: policy.guardsBefore names 'GoneGuard', which is not global.",
    ]);
  });
});
