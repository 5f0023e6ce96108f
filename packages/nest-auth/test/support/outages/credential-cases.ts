import { oldAccess } from '../old-tokens.js';
import { type Case, ofUser } from './case.js';
import { begun, fresh, type Outages, somebody, ticketOf, told, type User } from './world.js';

export async function linkCodeOf(world: Outages, user: User): Promise<string> {
  const { as } = await begun(world, await ticketOf(user));
  return told(await as(`u.${fresh()}`), 'link_code');
}

async function keyOf({ as }: User): Promise<{ readonly id: string; readonly key: string }> {
  return (await as.post('/auth/api-keys').send({ name: 'ci' }).expect(201)).body;
}

/** Identities, API keys, and handlers of the app that take credentials of features. */
export const CREDENTIAL_CASES: readonly Case[] = [
  ofUser('GET /auth/identities', '/auth/identities'),
  ofUser('POST /auth/identities/{provider}', '/auth/identities/acme', {}),
  {
    route: 'POST /auth/identities',
    made: async (world) => {
      const user = await somebody(world);
      const link_code = await linkCodeOf(world, user);
      return () => user.as.post('/auth/identities').send({ link_code });
    },
  },
  {
    ...{ route: 'DELETE /auth/identities/{id}', unnoticed: ['ephemeralStore.take'] },
    made: async (world) => {
      const user = await somebody(world);
      await user.as
        .post('/auth/identities')
        .send({ link_code: await linkCodeOf(world, user) })
        .expect(204);
      const [{ id }] = (await user.as.get('/auth/identities').expect(200)).body;
      return () => user.as.delete(`/auth/identities/${id}`);
    },
  },
  ofUser('POST /auth/api-keys', '/auth/api-keys', { name: 'ci' }),
  ofUser('GET /auth/api-keys', '/auth/api-keys'),
  {
    route: 'DELETE /auth/api-keys/{id}',
    made: async (world) => {
      const user = await somebody(world);
      const { id } = await keyOf(user);
      return () => user.as.delete(`/auth/api-keys/${id}`);
    },
  },
  {
    route: 'POST /auth/api-keys/{id}/rotate',
    made: async (world) => {
      const user = await somebody(world);
      const { id } = await keyOf(user);
      return () => user.as.post(`/auth/api-keys/${id}/rotate`).send({});
    },
  },
  {
    ...{ route: 'GET /doors', what: 'with an API key' },
    made: async (world) => {
      const { key } = await keyOf(await somebody(world));
      return () => world.http.get('/doors').set('X-API-Key', key);
    },
  },
  {
    ...{ route: 'GET /doors', what: 'with an old token' },
    made: async (world) => {
      const as = world.as(oldAccess((await somebody(world)).id));
      return () => as.get('/doors');
    },
  },
];
