import type { ListedPolicy } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { listedPolicy } from '../../../../test/support/policies/listed-policy.js';
import { type Refused, whyRefused } from './reason.js';

const why = (code: string, policy: Partial<ListedPolicy> = {}, more: Partial<Refused> = {}): string =>
  whyRefused({
    code,
    message: undefined,
    hint: undefined,
    call: 'GET /notes',
    handler: 'NotesController.list',
    policy: listedPolicy(policy),
    caller: null,
    ...more,
  });
const caller = (roles: string[] = [], permissions: string[] = []) => ({ caller: { id: 'ann', roles, permissions } });

describe('why a call was refused', () => {
  test('without a token', () => {
    expect(why('missing_token')).toBe('No access token came, and GET /notes needs a login.');
    expect(why('missing_token', { strategies: ['jwt'] })).toBe('No access token came, and GET /notes needs a login.');
    expect(why('missing_token', { strategies: ['jwt', 'api-key'] })).toBe(
      'No credentials for jwt or api-key were sent, and GET /notes needs a login.',
    );
  });

  test('names what the caller lacks, and what they have', () => {
    expect(why('insufficient_scope', { anyRole: ['admin'] }, caller())).toBe(
      'GET /notes needs the role admin, and the caller has no role.',
    );
    expect(why('insufficient_scope', { anyRole: ['admin', 'editor'] }, caller(['guest']))).toBe(
      'GET /notes needs one of the roles admin, editor, and the caller has the role guest.',
    );
    expect(
      why('insufficient_scope', { allRoles: ['a', 'b'], permissions: ['x', 'y'] }, caller(['a', 'c'], ['x'])),
    ).toBe('GET /notes needs the role b and the permission y, and the caller has the roles a, c and the permission x.');
  });

  test('does not blame a role that the caller has', () => {
    const said = why('insufficient_scope', { anyRole: ['admin'], permissions: ['x'] }, caller(['admin']));
    expect(said).toBe('GET /notes needs the permission x, and the caller has the role admin and no permission.');
    expect(why('insufficient_scope', { anyRole: ['admin'], authorizers: 1 }, caller(['admin']))).toBe(
      'A check of @Authorize before NotesController.list refused the caller.',
    );
    expect(why('insufficient_scope', { requirements: ['a verified e-mail address'] }, caller())).toBe(
      'GET /notes needs a verified e-mail address, which the caller lacks.',
    );
    expect(why('insufficient_scope', {}, caller())).toBe('A guard of the app refused the caller of GET /notes.');
    expect(why('insufficient_scope', {}, { policy: undefined })).toBe('The caller may not use GET /notes.');
  });

  test('by an old login', () => {
    expect(why('insufficient_user_authentication', { requirements: ['a login of the last 300 seconds'] })).toBe(
      "GET /notes needs a login of the last 300 seconds, and the caller's login is too old or lacks a method.",
    );
  });

  test('is a sentence for every other code of the guard', () => {
    for (const code of ['invalid_token', 'token_expired', 'token_revoked', 'cross_site_request', 'store_unavailable'])
      expect(why(code)).toMatch(/^[A-Z].{30,}\.$/);
    expect(why('unsupported_context')).toContain('GET /notes');
  });

  test('of a feature is told in its own words, and of what the app threw by its name alone', () => {
    expect(why('invalid_token', {}, { hint: 'This handler takes no keys.' })).toBe('This handler takes no keys.');
    expect(why('missing_token', {}, { hint: 'This handler takes no keys.' })).toBe('This handler takes no keys.');
    expect(why('invalid_api_key', {}, { message: 'The API key is not valid.' })).toBe('The API key is not valid.');
    expect(why('TypeError')).toBe('A check of the app before NotesController.list failed with TypeError.');
    expect(why('constructor')).toBe('A check of the app before NotesController.list failed with constructor.');
  });
});
