import { AuthEvents, type AuthUser } from '@acme/nest-auth';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PASSWORD } from '../../support/app.js';
import { tokenIn } from '../../support/mailbox.js';
import type { Send } from '../../support/outages/case.js';
import { linkCodeOf } from '../../support/outages/credential-cases.js';
import { fresh, idToken, mailTo, type Outages, somebody, startOutages } from '../../support/outages/world.js';

const NEW = 'another long passphrase';

let world: Outages;
const types: string[] = [];
beforeAll(async () => {
  world = await startOutages();
  world.app.get(AuthEvents).subscribe(({ type }) => types.push(type));
});
afterAll(() => world.close());
beforeEach(() => void types.splice(0));

/** Sends a request whose last call of this name fails. @param twin the same request of somebody else, which shows the calls */
async function failing(call: string, twin: Send, send: Send): Promise<void> {
  const { headers, calls } = world.faults.next();
  await twin().set(headers);
  expect(calls).toContain(call);
  await world.settled();
  types.splice(0);
  const { status } = await send().set(world.faults.next(calls.lastIndexOf(call)).headers);
  expect(status).toBe(503);
  await world.settled();
}

const sessionsOf = async ({ id }: { readonly id: string }) =>
  (await world.sessionStore.listActive(id, { now: new Date(world.clock.now), limit: 100 })).length;

test.each(['sessionStore.listActive', 'userStore.findById'])(
  'a login that fails in %s leaves no session that would take one of the places of its user',
  async (call) => {
    const [twin, user] = [await somebody(world), await somebody(world)];
    const login = (email: string) => () => world.http.post('/auth/login').send({ email, password: PASSWORD });
    await failing(call, login(twin.email), login(user.email));
    expect(await sessionsOf(user)).toBe(1);
  },
);

test('a changed password is an event and a mail, also if the sessions of the old one could not be ended', async () => {
  const [twin, user] = [await somebody(world), await somebody(world)];
  const change = ({ as }: typeof user) => {
    return () => as.post('/auth/password').send({ current_password: PASSWORD, new_password: NEW });
  };
  await failing('sessionStore.revokeAll', change(twin), change(user));
  expect(types).toContain('password_changed');
  expect((await mailTo(world, user.email, 'password'))?.kind).toBe('password_changed');
});

/** A user whose change of address waits for the link. */
async function changing() {
  const user = await somebody(world);
  const email = fresh('new');
  await user.as.post('/auth/email').send({ email, current_password: PASSWORD }).expect(202);
  const token = tokenIn(await mailTo(world, email));
  return { ...user, confirm: () => world.http.post('/auth/email/verify').send({ token }) };
}

test.each(['sessionStore.revokeAll', 'userStore.setEmailVerified'])(
  'the old address is told of the new one, also if %s fails after the change',
  async (call) => {
    const [twin, user] = [await changing(), await changing()];
    await failing(call, twin.confirm, user.confirm);
    expect(types).toContain('email_changed');
    expect((await mailTo(world, user.email, 'was changed'))?.kind).toBe('email_changed');
  },
);

/** An account that a stranger made, with a way in of its own, and a reset that its owner has asked for. */
async function taken() {
  const user = await somebody(world);
  await user.as.post('/auth/api-keys').send({ name: 'of a stranger' }).expect(201);
  await world.settled();
  await world.http.post('/auth/password/forgot').send({ email: user.email }).expect(202);
  const token = tokenIn(await mailTo(world, user.email));
  return { ...user, reset: () => world.http.post('/auth/password/reset').send({ token, new_password: NEW }) };
}

test('a reset that has set the password has removed what a stranger put into the account, whatever fails then', async () => {
  const { headers, calls } = world.faults.next();
  await (await taken()).reset().set(headers).expect(204);
  for (let call = calls.indexOf('userStore.setPasswordHash') + 1; call < calls.length; call++) {
    const { id, reset } = await taken();
    await reset().set(world.faults.next(call).headers);
    expect([calls[call], await world.credentialStore.list(id)]).toEqual([calls[call], []]);
  }
});

/** Logs in with an ID token. Who begins with `v.` has a verified address, the others only claim theirs. */
const byIdToken = (person: string) => () =>
  world.http.post('/auth/login/acme/token').send({ id_token: idToken(world, person), nonce: 'nonce' });

test.each([
  ['is finished by the next login of the same person', 'u', {}, 200],
  ['is not entered by another person who claims its address', 'w', {}, 409],
  ['is not entered any more once it has a password', 'u', { passwordHash: 'a hash' }, 409],
  ['is not entered any more once its address is verified', 'u', { emailVerifiedAt: new Date(0) }, 409],
])('an account whose identity could not be stored %s', async (_, person, changes: Partial<AuthUser>, status) => {
  const email = fresh();
  await failing('credentialStore.create', byIdToken(`u.${fresh()}`), byIdToken(`u.${email}`));
  const { id } = (await world.userStore.findByLogin(email)) as AuthUser;
  world.userStore.update(id, changes);
  await byIdToken(`${person}.${email}`)().expect(status);
});

test('of two last ways in that are removed at once one stays, however slow the stores are', async () => {
  const user = await somebody(world);
  for (let count = 0; count < 2; count++) {
    const link_code = await linkCodeOf(world, user);
    await user.as.post('/auth/identities').send({ link_code }).expect(204);
  }
  world.userStore.update(user.id, { passwordHash: null });
  const [one, other] = await world.credentialStore.list(user.id);
  const { findById } = world.userStore;
  const removing: number[] = [];
  world.userStore.findById = async (id) => {
    world.userStore.findById = findById;
    // Each of the three calls of a removal may take a minute.
    world.clock.advance(170);
    removing.push((await user.as.delete(`/auth/identities/${other?.id}`)).status);
    return world.userStore.findById(id);
  };
  await user.as.delete(`/auth/identities/${one?.id}`).expect(204);
  expect(removing).toEqual([429]);
  expect(await world.credentialStore.list(user.id)).toHaveLength(1);
});
