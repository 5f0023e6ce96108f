import { expect, test } from '@jest/globals';
import { listedPolicy } from '../../test/support/policies/listed-policy.js';
import { isOpenToAll, type ListedGuard, type ListedPolicy } from './policy-list.js';

const OURS: ListedGuard = { name: 'JwtAuthGuard', scope: 'global', enforces: true };
const LOCAL: ListedGuard = { name: 'LocalGuard', scope: 'controller', enforces: false, letsIn: 'this machine only' };
const THROTTLER: ListedGuard = { name: 'ThrottlerGuard', scope: 'global', enforces: false };

test.each<[string, ListedPolicy['access'], readonly ListedGuard[], boolean]>([
  ['GET /notes', 'public', [OURS], true],
  ['GET /notes', 'optional', [OURS], true],
  ['GET /notes', 'authenticated', [THROTTLER, OURS], false],
  ['GET /notes', 'authenticated', [THROTTLER], true],
  ['GET /notes', 'public', [], true],
  ['Field Note.author', 'authenticated', [OURS], false],
  ['Field Note.author', 'public', [OURS], true],
  ['Field Note.author', 'authenticated', [], false],
  ['Reference Note', 'public', [], false],
  ['GET /auth/inspector', 'public', [OURS, LOCAL], false],
])('%s is open to everybody if it is %s and has the guards %j: %s', (name, access, guards, isOpen) => {
  expect(isOpenToAll({ name, policy: listedPolicy({ access }), guards })).toBe(isOpen);
});
