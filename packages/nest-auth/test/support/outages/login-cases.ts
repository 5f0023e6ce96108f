import { open } from '../magic-links.js';
import { VERIFIER } from '../token-kinds.js';
import { type Case, post } from './case.js';
import { begun, CHALLENGE, fresh, idToken, mailTo, type Outages, somebody, ticketOf, told } from './world.js';

async function linkOf(world: Outages, email: string, by: 'token' | 'code') {
  await world.settled();
  const { body } = await world.http.post('/auth/login/magic-link').send({ email }).expect(202);
  const mail = open(await mailTo(world, email, 'type this code'));
  return post(world, 'login/magic-link/confirm', { [by]: mail[by], request_token: body.request_token });
}

async function loginCodeOf(world: Outages, person: string): Promise<string> {
  return told(await (await begun(world)).as(person), 'code');
}

const CALLBACK = 'GET /auth/login/{provider}/callback';
/** The provider's code is used up. */
const USED: Case['done'] = ['ephemeralStore.take', '400 invalid_login_state'];
const callback = (what: string, person: (world: Outages) => Promise<string> | string, query?: string): Case => ({
  ...{ route: CALLBACK, what, done: USED },
  made: async (world) => {
    const who = await person(world);
    const { as } = await begun(world, query);
    return () => as(who);
  },
});

const ID_TOKEN = 'POST /auth/login/{provider}/token';
const byIdToken = (what: string, person: (world: Outages) => Promise<string> | string): Case => ({
  ...{ route: ID_TOKEN, what },
  made: async (world) =>
    post(world, 'login/acme/token', { id_token: idToken(world, await person(world)), nonce: 'nonce' }),
});

const stranger = () => `v.${fresh()}`;
const claimant = () => `u.${fresh()}`;
const unverified = async (world: Outages) => `v.${(await somebody(world)).email}`;
const known = async (world: Outages) => {
  const person = stranger();
  await loginCodeOf(world, person);
  return person;
};

const LINK = 'POST /auth/login/magic-link/confirm';

/** Logins by a link and by others. */
export const LOGIN_CASES: readonly Case[] = [
  {
    route: 'POST /auth/login/magic-link',
    made: async (world) => post(world, 'login/magic-link', { email: (await somebody(world)).email }),
  },
  ...(['token', 'code'] as const).map(
    (by): Case => ({
      ...{ route: LINK, what: `by ${by}` },
      made: async (world) => linkOf(world, (await somebody(world, { emailVerifiedAt: new Date(0) })).email, by),
    }),
  ),
  {
    ...{ route: LINK, what: 'of an account that nobody had verified' },
    made: async (world) => linkOf(world, (await somebody(world)).email, 'token'),
  },
  { ...{ route: LINK, what: 'of a newcomer' }, made: (world) => linkOf(world, fresh('newcomer'), 'token') },
  {
    route: 'GET /auth/login/{provider}',
    made:
      async ({ http }) =>
      () =>
        http.get(`/auth/login/acme?code_challenge=${CHALLENGE}`),
  },
  {
    ...{ route: 'GET /auth/login/{provider}', what: 'with a ticket' },
    made: async (world) => {
      const ticket = await ticketOf(await somebody(world));
      return () => world.http.get(`/auth/login/acme?${ticket}`);
    },
  },
  callback('of a stranger', stranger),
  callback('of a stranger, by cookie', stranger, 'transport=cookie'),
  callback('of a stranger whose address is not verified', claimant),
  callback('of a user', known),
  callback('into an account that nobody had verified', unverified),
  {
    ...{ route: CALLBACK, what: 'of a form', done: USED },
    made: async (world) => {
      const { state, back } = await begun(world);
      const form = world.http.post('/auth/login/acme/callback').type('form').send({ code: stranger(), state });
      const { search } = new URL((await form.expect(303)).headers.location ?? '');
      return () => back(search.slice(1));
    },
  },
  {
    route: 'POST /auth/login/{provider}/callback',
    made:
      async ({ http }) =>
      () =>
        http.post('/auth/login/acme/callback').type('form').send({ code: 'x', state: 'y' }),
  },
  {
    route: 'POST /auth/login/code',
    made: async (world) =>
      post(world, 'login/code', { code: await loginCodeOf(world, stranger()), code_verifier: VERIFIER }),
  },
  byIdToken('of a stranger', stranger),
  byIdToken('of a stranger whose address is not verified', claimant),
  byIdToken('of a user', known),
  byIdToken('into an account that nobody had verified', unverified),
];
