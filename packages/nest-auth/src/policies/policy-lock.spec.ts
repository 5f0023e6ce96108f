import { describe, expect, test } from '@jest/globals';
import { listedPolicy } from '../../test/support/policies/listed-policy.js';
import type { ListedPolicy, PolicyEntry } from './policy-list.js';
import { policyDiff, policyLock, policyText } from './policy-lock.js';

const OURS = { name: 'JwtAuthGuard', scope: 'global', enforces: true } as const;
const entry = (name: string, policy: Partial<ListedPolicy> = {}, guards: PolicyEntry['guards'] = [OURS]) =>
  ({
    name,
    guards,
    policy: listedPolicy(policy),
  }) as unknown as PolicyEntry;

describe('a policy in words', () => {
  test.each<[Partial<ListedPolicy>, string]>([
    [{}, 'authenticated'],
    [{ access: 'public' }, 'public'],
    [{ access: 'optional' }, 'optional'],
    [{ strategies: ['jwt', 'api-key'] }, 'authenticated by jwt or api-key'],
    [{ anyRole: ['admin'] }, 'authenticated; role admin'],
    [{ anyRole: ['admin', 'editor'], allRoles: ['a', 'b'] }, 'authenticated; roles admin or editor; roles a and b'],
    [{ permissions: ['x', 'y'] }, 'authenticated; permissions x and y'],
    [{ requirements: ['a recent login'], authorizers: 1 }, 'authenticated; a recent login; a check'],
    [{ authorizers: 2 }, 'authenticated; 2 checks'],
  ])('%j is %s', (policy, text) => {
    expect(policyText(entry('GET /', policy))).toBe(text);
  });

  test('says whom a guard of a feature lets in', () => {
    const local = { name: 'LocalGuard', scope: 'controller', enforces: false, letsIn: 'this machine only' } as const;
    expect(policyText(entry('GET /', { access: 'public' }, [OURS, local]))).toBe('this machine only');
    expect(policyText(entry('GET /', { anyRole: ['admin'] }, [OURS, local]))).toBe(
      'authenticated; role admin; this machine only',
    );
  });

  test('says that nobody enforces it, unless there is nothing to enforce', () => {
    expect(policyText(entry('GET /', {}, []))).toBe('not guarded; authenticated');
    expect(policyText(entry('GET /', { access: 'public' }, []))).toBe('public');
    expect(policyText(entry('Field Note.author', {}, []))).toBe('left to its query');
    expect(policyText(entry('Field Note.author'))).toBe('authenticated');
  });
});

const ENTRIES = [
  entry('Query notes'),
  entry('pattern sum'),
  entry('ws / message send'),
  entry('POST /notes', { permissions: ['notes:write'] }),
  entry('GET /notes'),
  entry('GET /about', { access: 'public' }),
  entry('GET /notes', { access: 'public' }),
];

describe('the lockfile', () => {
  test('has a line for each handler, in an order that the modules do not change', () => {
    const text = policyLock({ entries: ENTRIES });
    expect(text.split('\n')).toEqual([
      '{',
      '  "GET /about": "public",',
      '  "GET /notes": "authenticated",',
      '  "POST /notes": "authenticated; permission notes:write",',
      '  "GET /notes (2)": "public",',
      '  "Query notes": "authenticated",',
      '  "ws / message send": "authenticated",',
      '  "pattern sum": "authenticated"',
      '}',
      '',
    ]);
    expect(JSON.parse(text)).toHaveProperty(['GET /about'], 'public');
    const others = ENTRIES.slice(0, 6);
    expect(policyLock({ entries: [...others].reverse() })).toBe(policyLock({ entries: others }));
  });

  test('is empty and valid for an app without handlers', () => {
    expect(policyDiff(policyLock({ entries: [] }), policyLock({ entries: [] }))).toBe('');
  });
});

describe('the difference of two lockfiles', () => {
  const before = policyLock({ entries: ENTRIES.slice(0, 5) });

  test('is empty if nothing has changed', () => {
    expect(policyDiff(before, before)).toBe('');
    expect(policyDiff(before.replace(/\n/g, '\r\n'), before)).toBe('');
  });

  test('has the lines that went and the lines that came, a route together', () => {
    const after = policyLock({
      entries: [entry('GET /notes', { access: 'public' }), entry('GET /new'), ...ENTRIES.slice(0, 3)],
    });
    expect(policyDiff(before, after).split('\n')).toEqual([
      '+ GET /new: authenticated',
      '- GET /notes: authenticated',
      '+ GET /notes: public',
      '- POST /notes: authenticated; permission notes:write',
    ]);
  });

  test.each(['', '[]', '{"GET /": 1}', '<<<<<<< HEAD\n{}', 'null', '"text"'])('cannot be read from %j', (text) => {
    expect(() => policyDiff(text, before)).toThrow(/auth-policy\.json is not valid .* npx nest-auth policy/);
  });
});
