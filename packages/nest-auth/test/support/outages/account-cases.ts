import { randomBytes } from 'node:crypto';
import { PASSWORD } from '../app.js';
import { FakeHasher } from '../fake-hasher.js';
import { tokenIn } from '../mailbox.js';
import { oldAccess } from '../old-tokens.js';
import { type Case, ofUser, post } from './case.js';
import { fresh, mailTo, type Outages, somebody } from './world.js';

const NEW = { new_password: 'another long passphrase' };
const VERIFIED = { emailVerifiedAt: new Date(0) };

async function resetOf(world: Outages, verified: object) {
  const { email } = await somebody(world, verified);
  await world.settled();
  await world.http.post('/auth/password/forgot').send({ email }).expect(202);
  return post(world, 'password/reset', { token: tokenIn(await mailTo(world, email)), ...NEW });
}

async function oldRefreshOf(world: Outages): Promise<string> {
  const { id } = await somebody(world);
  const token = randomBytes(20).toString('hex');
  world.oldRefreshTokens.set(token, id);
  return token;
}

const RESET: Pick<Case, 'route' | 'done' | 'unnoticed'> = {
  route: 'POST /auth/password/reset',
  done: ['userStore.setPasswordHash', '400 invalid_reset_token'],
  unnoticed: ['limiter.pair.delete', 'limiter.known.set'],
};
/** The library's own routes, those of mails about an account, and old tokens there. */
export const ACCOUNT_CASES: readonly Case[] = [
  {
    ...{ route: 'POST /auth/register', done: ['userStore.create', '409 login_taken'] },
    made: async (world) => post(world, 'register', { email: fresh(), password: PASSWORD }),
  },
  {
    route: 'POST /auth/login',
    made: async (world) => {
      const old = new FakeHasher(1).encode(PASSWORD, 's');
      const { email } = await somebody(world, { passwordHash: old });
      return post(world, 'login', { email, password: PASSWORD });
    },
  },
  {
    route: 'POST /auth/refresh',
    made: async (world) => post(world, 'refresh', { refresh_token: (await somebody(world)).refresh }),
  },
  {
    ...{ route: 'POST /auth/refresh', what: 'with an old token' },
    made: async (world) => post(world, 'refresh', { refresh_token: await oldRefreshOf(world) }),
  },
  ofUser('GET /auth/me', '/auth/me'),
  {
    ...ofUser('POST /auth/password', '/auth/password', { current_password: PASSWORD, ...NEW }),
    done: ['userStore.setPasswordHash', '403 wrong_password'],
  },
  ofUser('POST /auth/confirm', '/auth/confirm', { password: PASSWORD }),
  ofUser('GET /auth/sessions', '/auth/sessions'),
  {
    route: 'DELETE /auth/sessions/{id}',
    made: async (world) => {
      const { as } = await somebody(world);
      const [session] = (await as.get('/auth/sessions').expect(200)).body;
      return () => as.delete(`/auth/sessions/${session.id}`);
    },
  },
  ofUser('POST /auth/logout', '/auth/logout', {}),
  {
    ...{ route: 'POST /auth/logout', what: 'with a refresh token' },
    made: async (world) => post(world, 'logout', { refresh_token: (await somebody(world)).refresh }),
  },
  {
    ...{ route: 'POST /auth/logout', what: 'with an old refresh token that was used' },
    made: async (world) => {
      const refresh_token = await oldRefreshOf(world);
      await world.http.post('/auth/refresh').send({ refresh_token }).expect(200);
      return post(world, 'logout', { refresh_token });
    },
  },
  ofUser('POST /auth/logout-all', '/auth/logout-all', {}),
  {
    ...{
      route: 'POST /auth/logout-all',
      what: 'with an old token',
      done: ['sessionStore.create', '401 token_revoked'],
    },
    made: async (world) => {
      const { id } = await somebody(world);
      const as = world.as(oldAccess(id));
      return () => as.post('/auth/logout-all').send({});
    },
  },
  {
    route: 'POST /auth/password/forgot',
    made: async (world) => post(world, 'password/forgot', { email: (await somebody(world)).email }),
  },
  { ...RESET, what: 'of a verified account', made: (world) => resetOf(world, VERIFIED) },
  { ...RESET, what: 'of an account that nobody had verified', made: (world) => resetOf(world, {}) },
  {
    route: 'POST /auth/email/verify',
    made: async (world) => {
      const { email } = await somebody(world);
      return post(world, 'email/verify', { token: tokenIn(await mailTo(world, email)) });
    },
  },
  {
    ...{ route: 'POST /auth/email/verify', what: 'of another address' },
    done: ['userStore.setLogin', '400 invalid_verification_token'],
    made: async (world) => {
      const { as } = await somebody(world);
      const email = fresh('new');
      await as.post('/auth/email').send({ email, current_password: PASSWORD }).expect(202);
      return post(world, 'email/verify', { token: tokenIn(await mailTo(world, email)) });
    },
  },
  {
    route: 'POST /auth/email/verify/send',
    made: async (world) => post(world, 'email/verify/send', { email: (await somebody(world)).email }),
  },
  ofUser('POST /auth/email', '/auth/email', { email: 'another@example.org', current_password: PASSWORD }),
];
