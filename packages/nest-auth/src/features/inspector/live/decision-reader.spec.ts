import { AuthError, type CallContext, type Decision, type PolicyEntry } from '@acme/nest-auth';
import { expect, test } from '@jest/globals';
import { listedPolicy } from '../../../../test/support/policies/listed-policy.js';
import { DecisionReader } from './decision-reader.js';

class NotesController {
  list() {}
}
class Mounted extends NotesController {}

const entry = {
  name: 'GET /notes/:id',
  className: 'NotesController',
  method: 'list',
  policy: listedPolicy({ anyRole: ['admin'] }),
} as unknown as PolicyEntry;
const reader = new DecisionReader(() => [entry]);

function decision(request: object, more: Partial<Decision> = {}, type = 'http'): Decision {
  const context = {
    getType: () => type,
    getHandler: () => NotesController.prototype.list,
    getClass: () => Mounted,
    getArgs: () => [request],
  } as unknown as CallContext;
  return { transport: type, context, caller: null, refusal: undefined, milliseconds: 0.0123, ...more };
}

const SCOPE = { code: 'insufficient_scope', status: 403, error: new AuthError('insufficient_scope') };
const SECRET = 'nar_a-very-secret-token';
const REQUEST = {
  method: 'GET',
  url: `/notes/${SECRET}?token=${SECRET}`,
  originalUrl: `/notes/${SECRET}?token=${SECRET}`,
  path: `/notes/${SECRET}`,
  params: { id: SECRET },
  query: { token: SECRET },
  headers: { authorization: `Bearer ${SECRET}`, cookie: SECRET },
  body: { password: SECRET },
};

test.each([
  ['Express', { ...REQUEST, route: { path: '/api/notes/:id' } }],
  ['Fastify', { ...REQUEST, routeOptions: { url: '/api/notes/:id' } }],
])('of a request of %s the declared route is read, and nothing that the client sent', (_, request) => {
  const shown = reader.read(decision(request));
  expect(shown).toEqual({
    transport: 'http',
    call: 'GET /api/notes/:id',
    handler: 'NotesController.list',
    caller: null,
    microseconds: 12,
  });
  const refused = reader.read(decision(request, { refusal: SCOPE }));
  expect(refused).toMatchObject({ code: 'insufficient_scope', why: expect.stringContaining('the role admin') });
  expect(JSON.stringify([shown, refused])).not.toContain(SECRET);
});

test('without a declared route, the list of policies says how the handler is called', () => {
  expect(reader.read(decision({ ...REQUEST, route: { path: /^\/notes/ } }))).toMatchObject({ call: 'GET /notes/:id' });
  expect(reader.read(decision({}, {}, 'graphql'))).toMatchObject({ call: 'GET /notes/:id', transport: 'graphql' });
  expect(new DecisionReader(() => []).read(decision({}, {}, 'rpc')).call).toBe('Mounted.list');
  expect(reader.read({ ...decision({}), context: undefined }).call).toBe('a socket that connects');
});

test('of two classes with one name, each is refused by its own policy', () => {
  const policy = { access: 'authenticated', anyRole: ['editor'] } as const;
  const refusal = { code: 'insufficient_scope', status: 403, error: new AuthError('insufficient_scope') };
  const { why } = reader.read(decision(REQUEST, { policy, refusal }));
  expect(why).toContain('the role editor');
  expect(why).not.toContain('admin');
});

test('of a caller the id, roles and permissions are kept: no claims, no address, no name', () => {
  const principal = {
    id: 'ann',
    roles: ['admin'],
    permissions: ['notes:read'],
    sessionId: SECRET,
    email: 'ann@example.org',
    claims: { email: 'ann@example.org', secret: SECRET },
  };
  const { caller } = reader.read(decision(REQUEST, { caller: principal }));
  expect(caller).toEqual({ id: 'ann', roles: ['admin'], permissions: ['notes:read'] });
});

test.each([
  [{ id: 7 }, '7'],
  [{ id: { toString: () => SECRET } }, 'unknown'],
  ['a text', 'unknown'],
  [{ roles: 'administrator', permissions: [1, null, {}] }, 'unknown'],
])('a strategy of the app may find %j', (caller, id) => {
  expect(reader.read(decision(REQUEST, { caller })).caller).toEqual({ id, roles: [], permissions: [] });
});

test('whatever a token says, what is kept of it stays small', () => {
  const long = 'x'.repeat(10_000);
  const caller = { id: long, roles: Array(1000).fill(long), permissions: [] };
  const shown = reader.read(decision(REQUEST, { caller, refusal: SCOPE }));
  expect(shown.caller?.roles).toHaveLength(50);
  expect(JSON.stringify(shown).length).toBeLessThan(13_000);
  expect(shown.why?.length).toBeLessThan(700);
});

test('of an error of the app only its name is told', () => {
  const refusal = { code: 'DatabaseError', status: 500, error: new Error(SECRET) };
  expect(reader.read(decision(REQUEST, { refusal }))).toMatchObject({
    code: 'DatabaseError',
    why: 'A check of the app before NotesController.list failed with DatabaseError.',
  });
});
