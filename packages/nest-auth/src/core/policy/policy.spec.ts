import { describe, expect, test } from '@jest/globals';
import {
  AllRoles,
  Authenticated,
  Authorize,
  OptionalAuth,
  Permissions,
  Public,
  Roles,
} from '../../guards/auth.decorators.js';
import { AuthError } from '../errors/auth-error.js';
import { grantsMeet, refusalOf } from './grants.js';
import { policyOf } from './policy.js';

const refused = (declare: () => unknown): string => {
  try {
    declare();
    return 'accepted';
  } catch (error) {
    return error instanceof AuthError ? error.code : String(error);
  }
};

const decorated = (...decorators: MethodDecorator[]): (() => void) => {
  const handler = () => {};
  for (const decorator of decorators) decorator({}, 'handler', { value: handler });
  return handler;
};

describe('declaring a policy', () => {
  test.each([
    ['@Roles()', () => Roles()],
    ['@AllRoles()', () => AllRoles()],
    ['@Permissions()', () => Permissions()],
    ['@Roles of an empty name', () => Roles('')],
    ['@Roles of undefined', () => Roles(undefined as never)],
    ['@Public with @Roles', () => decorated(Public(), Roles('admin'))],
    ['@Roles with @Public', () => decorated(Roles('admin'), Public())],
    ['@OptionalAuth with @Permissions', () => decorated(OptionalAuth(), Permissions('read'))],
    [
      '@Public with @Authorize',
      () =>
        decorated(
          Public(),
          Authorize(() => true),
        ),
    ],
    ['@Public with @Authenticated', () => decorated(Public(), Authenticated())],
    ['@Roles twice', () => decorated(Roles('admin'), Roles('editor'))],
  ])('%s fails while the app is loaded', (_, declare) => {
    expect(refused(declare)).toBe('invalid_configuration');
  });

  test('a handler without a declaration on itself or its class is private', () => {
    expect(policyOf(() => {}, class {})).toEqual({ access: 'authenticated' });
  });

  test('several rules of one handler all count', () => {
    const first = () => true;
    const second = () => false;
    const policy = policyOf(decorated(Authorize(first), Authorize(second), Roles('admin')), class {});
    expect(policy.authorizers).toEqual([first, second]);
    expect(policy.anyRole).toEqual(['admin']);
  });

  test('one handler in two classes has two policies', () => {
    const handler = () => {};
    class Open {}
    class Closed {}
    Public()(Open);
    expect(policyOf(handler, Open).access).toBe('public');
    expect(policyOf(handler, Closed).access).toBe('authenticated');
  });
});

describe('satisfying a policy', () => {
  test.each([
    ['a string of roles', { roles: 'administrator' }],
    ['an object of roles', { roles: { admin: true } }],
    ['no roles', {}],
    ['a prototype role', { roles: ['__proto__'] }],
  ])('%s is not the role', (_, caller) => {
    expect(grantsMeet({ access: 'authenticated', anyRole: ['admin'] }, caller as never)).toBe(false);
  });
});

test.each([false, null, '', 0, Promise.resolve(undefined), {}])(
  'a requirement lets a caller in with `undefined` alone: %j refuses',
  (answer) => {
    const requirement = { kind: 'age', name: 'a grown-up', refusal: () => answer as never };
    const refusal = refusalOf(
      { access: 'authenticated', requirements: [requirement] },
      {},
      { clock: () => 0, clockTolerance: 0 },
    );
    expect(refusal).toBeInstanceOf(AuthError);
    expect(refusal?.code).toBe('insufficient_scope');
  },
);
