import { inspect } from 'node:util';
import { Authenticated, CurrentUser, type Principal } from '@acme/nest-auth';
import { ApiKeys, apiKeys } from '@acme/nest-auth/api-keys';
import { describe, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { type App, aSecond, byHeader, DAY, settled, start, user } from '../../support/api-keys.js';
import { startApp } from '../../support/app.js';

@Controller()
class Reports {
  @Authenticated('jwt', 'api-key')
  @Get('reports')
  list(@CurrentUser() caller: Principal) {
    return caller;
  }
}

const boot = (options: object = {}) => start({ apiKeys: options } as object, [Reports]);
const opens = (app: App, key: string) =>
  byHeader(app, key)
    .get('/reports')
    .then(({ status, body }) => body.code ?? status);

/** The device of the tests' own client. */
const FROM_HERE = { ip: '127.0.0.1', userAgent: null };

describe('a key', () => {
  test('is shown once, and stored as a digest; no event, list or store holds it', async () => {
    const app = await boot();
    const { id, as, make } = await user(app, { permissions: ['read'] });
    const answer = await as
      .post('/auth/api-keys')
      .send({ name: 'ci', permissions: ['read'] })
      .expect(201);
    expect(answer.headers['cache-control']).toBe('no-store');
    const made = answer.body;
    expect(made).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      key: expect.stringMatching(/^nak_live_[0-9A-Za-z]{49}$/),
      name: 'ci',
      permissions: ['read'],
      created_at: new Date(app.clock.now).toISOString(),
      expires_at: new Date(app.clock.now + 90 * DAY * 1000).toISOString(),
      last_used_at: null,
      replaced_by: null,
    });
    const { key, ...shown } = made;
    expect((await as.get('/auth/api-keys').expect(200)).body).toEqual([shown]);
    await make();
    await opens(app, key);
    await settled(app);
    const [stored] = await app.credentialStore.list(id);
    expect(stored).toMatchObject({ userId: id, kind: 'api-key' });
    const kept = inspect([stored, app.seen, app.app.get(ApiKeys)], { depth: 9, showHidden: true });
    expect(kept).not.toContain(key.slice(9, 40));
    expect(app.seen).toContainEqual({
      type: 'api_key_created',
      at: expect.any(Date),
      userId: id,
      keyId: made.id,
      device: FROM_HERE,
    });
  });

  test('expires, and is gone from the list; a day later it is deleted', async () => {
    const app = await boot();
    const { id, make } = await user(app);
    const { key, expires_at } = await make({ expires_in: 600 });
    expect(expires_at?.getTime()).toBe(app.clock.now + 600_000);
    expect(await opens(app, key)).toBe(200);
    app.clock.advance(600);
    // Also within the second for which it is remembered.
    expect(await opens(app, key)).toBe('invalid_api_key');
    expect(await app.app.get(ApiKeys).list(id)).toEqual([]);
    await settled(app);
    expect(await app.credentialStore.list(id)).toHaveLength(1);
    app.clock.advance(DAY);
    await app.app.get(ApiKeys).list(id);
    await settled(app);
    expect(await app.credentialStore.list(id)).toEqual([]);
  });

  test.each([
    ['name', {}],
    ['name', { name: '' }],
    ['name', { name: ' ' }],
    ['name', { name: 7 }],
    ['name', { name: ['ci'] }],
    ['name', { name: 'x'.repeat(101) }],
    ['name', { name: 'c\r\ni' }],
    ['permissions', { name: 'ci', permissions: 'read' }],
    ['permissions', { name: 'ci', permissions: '' }],
    ['permissions', { name: 'ci', permissions: null }],
    ['permissions', { name: 'ci', permissions: [7] }],
    ['permissions', { name: 'ci', permissions: [''] }],
    ['permissions', { name: 'ci', permissions: { length: 0 } }],
    ['permissions', { name: 'ci', permissions: ['x'.repeat(9000)] }],
    ['expires_in', { name: 'ci', expires_in: 0 }],
    ['expires_in', { name: 'ci', expires_in: -1 }],
    ['expires_in', { name: 'ci', expires_in: 1.5 }],
    ['expires_in', { name: 'ci', expires_in: '60' }],
    ['expires_in', { name: 'ci', expires_in: null }],
    ['expires_in', { name: 'ci', expires_in: 365 * DAY + 1 }],
  ])('is not made of a wrong %s: %j', async (field, body) => {
    const app = await boot();
    const { id, as } = await user(app);
    const answer = await as.post('/auth/api-keys').send(body).expect(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', field });
    expect(await app.credentialStore.list(id)).toEqual([]);
  });

  test('is made by JSON alone', async () => {
    const app = await boot();
    const { as } = await user(app);
    await as.post('/auth/api-keys').type('form').send('name=ci').expect(400);
  });

  test('cannot have a permission that its user does not have now', async () => {
    const app = await boot();
    const { id, as } = await user(app, { permissions: ['read'] });
    const refused = await as
      .post('/auth/api-keys')
      .send({ name: 'ci', permissions: ['read', 'write'] })
      .expect(403);
    expect(refused.body.code).toBe('permission_not_held');
    app.userStore.update(id, { permissions: [] });
    await as
      .post('/auth/api-keys')
      .send({ name: 'ci', permissions: ['read'] })
      .expect(403);
  });

  test('is one of `max`, however many are asked for at once; a replaced one does not count', async () => {
    const app = await boot({ max: 3 });
    const { id, as, make } = await user(app);
    // All of them count the keys before the first one is stored.
    const create = app.credentialStore.create.bind(app.credentialStore);
    let arrived = 0;
    let open = () => {};
    const all = new Promise<void>((resolve) => {
      open = resolve;
    });
    app.credentialStore.create = async (credential) => {
      if (++arrived === 20) open();
      await all;
      return create(credential);
    };
    const wanted = Array.from({ length: 20 }, () => as.post('/auth/api-keys').send({ name: 'ci' }));
    const answers = await Promise.all(wanted);
    app.credentialStore.create = create;
    const made = answers.filter(({ status }) => status === 201).length;
    expect(made).toBeLessThanOrEqual(3);
    expect(await app.credentialStore.list(id)).toHaveLength(made);
    for (let n = made; n < 3; n++) await make();
    expect((await as.post('/auth/api-keys').send({ name: 'ci' }).expect(409)).body.code).toBe('too_many_api_keys');
    const [first] = (await as.get('/auth/api-keys').expect(200)).body;
    await as.post(`/auth/api-keys/${first.id}/rotate`).expect(201);
    await as.post('/auth/api-keys').send({ name: 'ci' }).expect(409);
    await as.delete(`/auth/api-keys/${first.id}`).expect(204);
  });

  test('is one of 60 that a user makes or rotates in an hour', async () => {
    const app = await boot({ max: 1000 });
    const { as, make } = await user(app);
    for (let n = 0; n < 60; n++) await make();
    expect((await as.post('/auth/api-keys').send({ name: 'ci' }).expect(429)).body.code).toBe('too_many_attempts');
  });
});

describe("another user's key", () => {
  test('is neither listed, removed nor rotated: its id is 404', async () => {
    const app = await boot();
    const [ann, bob] = [await user(app), await user(app)];
    const { id, key } = await ann.make();
    expect((await bob.as.get('/auth/api-keys').expect(200)).body).toEqual([]);
    for (const path of [id, 'nope', '%00', '*', '__proto__']) {
      expect((await bob.as.delete(`/auth/api-keys/${path}`).expect(404)).body.code).toBe('not_found');
      await bob.as.post(`/auth/api-keys/${path}/rotate`).expect(404);
    }
    expect(await opens(app, key)).toBe(200);
  });
});

describe('a removed key', () => {
  test('is dead at once here, though it was used a moment ago', async () => {
    const app = await boot();
    const { id: userId, as, make } = await user(app);
    const { id, key } = await make();
    expect(await opens(app, key)).toBe(200);
    await as.delete(`/auth/api-keys/${id}`).expect(204);
    expect(await opens(app, key)).toBe('invalid_api_key');
    await as.delete(`/auth/api-keys/${id}`).expect(404);
    expect(app.seen.filter(({ type }) => type === 'api_key_removed')).toEqual([
      { type: 'api_key_removed', at: expect.any(Date), userId, keyId: id, device: FROM_HERE },
    ]);
  });

  test('may be one of all that a user has', async () => {
    const app = await boot();
    const [ann, bob] = [await user(app), await user(app)];
    const keys = [await ann.make(), await ann.make()].map(({ key }) => key);
    const { key: other } = await bob.make();
    for (const key of [...keys, other]) expect(await opens(app, key)).toBe(200);
    await app.app.get(ApiKeys).removeAll(ann.id);
    for (const key of keys) expect(await opens(app, key)).toBe('invalid_api_key');
    expect(await opens(app, other)).toBe(200);
  });
});

describe('a rotation', () => {
  test('makes a successor with the same name, permissions and lifetime; the old key works on for the overlap', async () => {
    const app = await boot();
    const { id: userId, make, logIn } = await user(app, { permissions: ['read'] });
    const old = await make({ permissions: ['read'], expires_in: 10 * DAY });
    app.clock.advance(5 * DAY);
    const as = app.as(await logIn());
    const { body } = await as.post(`/auth/api-keys/${old.id}/rotate`).expect(201);
    expect(body).toMatchObject({ name: 'ci', permissions: ['read'], replaced_by: null });
    expect(body.key).not.toBe(old.key);
    expect(Date.parse(body.expires_at) - app.clock.now).toBe(10 * DAY * 1000);
    const event = { userId, keyId: old.id, successorId: body.id };
    expect(app.seen).toContainEqual({ type: 'api_key_rotated', at: expect.any(Date), device: FROM_HERE, ...event });
    const listed = (await as.get('/auth/api-keys').expect(200)).body;
    expect(listed[0]).toMatchObject({ id: old.id, replaced_by: body.id });
    expect([await opens(app, old.key), await opens(app, body.key)]).toEqual([200, 200]);
    app.clock.advance(DAY);
    expect([await opens(app, old.key), await opens(app, body.key)]).toEqual(['invalid_api_key', 200]);
  });

  test('never makes the old key live longer', async () => {
    const app = await boot();
    const { as, make } = await user(app);
    const old = await make({ expires_in: 600 });
    await as.post(`/auth/api-keys/${old.id}/rotate`).expect(201);
    app.clock.advance(600);
    expect(await opens(app, old.key)).toBe('invalid_api_key');
  });

  test('without an overlap ends the old key at once', async () => {
    const app = await boot({ overlap: 0 });
    const { as, make } = await user(app);
    const { id, key } = await make();
    expect(await opens(app, key)).toBe(200);
    await as.post(`/auth/api-keys/${id}/rotate`).expect(201);
    expect(await opens(app, key)).toBe('invalid_api_key');
  });

  test('of one key succeeds for one of 50 parallel requests', async () => {
    const app = await boot();
    const { id: userId, as, make } = await user(app);
    const { id, key } = await make();
    // Uses write too, and must not make a rotation fail.
    await opens(app, key);
    const answers = await Promise.all(Array.from({ length: 50 }, () => as.post(`/auth/api-keys/${id}/rotate`)));
    const codes = answers.map(({ status, body }) => body.code ?? status);
    expect(codes.filter((code) => code === 201)).toHaveLength(1);
    expect(codes.filter((code) => code === 'api_key_replaced')).toHaveLength(49);
    expect(await app.credentialStore.list(userId)).toHaveLength(2);
  });

  test('whose store fails half-way takes nothing away', async () => {
    const app = await boot();
    const { id: userId, as, make } = await user(app);
    const { id, key } = await make();
    const create = app.credentialStore.create.bind(app.credentialStore);
    app.credentialStore.create = () => Promise.reject(new Error('down'));
    await as.post(`/auth/api-keys/${id}/rotate`).expect(503);
    app.credentialStore.create = create;
    await settled(app);
    expect((await as.get('/auth/api-keys').expect(200)).body).toMatchObject([{ id, replaced_by: null }]);
    app.clock.advance(2 * DAY);
    expect(await opens(app, key)).toBe(200);
    expect(await app.credentialStore.list(userId)).toHaveLength(1);
  });

  test('at the limit makes no more than twice as many keys', async () => {
    const app = await boot({ max: 1 });
    const { as, make } = await user(app);
    const { id } = await make();
    const { body } = await as.post(`/auth/api-keys/${id}/rotate`).expect(201);
    const more = await as.post(`/auth/api-keys/${body.id}/rotate`).expect(409);
    expect(more.body.code).toBe('too_many_api_keys');
  });
});

test('the last use is written at most once in 15 minutes, after the answer', async () => {
  const app = await boot();
  const { id: userId, make } = await user(app);
  const { key } = await make();
  const written: unknown[] = [];
  const update = app.credentialStore.update.bind(app.credentialStore);
  app.credentialStore.update = async (id, version, patch) => {
    written.push(patch);
    return update(id, version, patch);
  };
  const use = async () => {
    await Promise.all(Array.from({ length: 10 }, () => opens(app, key)));
    await settled(app);
  };
  await use();
  const first = new Date(app.clock.now);
  expect(written).toEqual([{ lastUsedAt: first }]);
  app.clock.advance(14 * 60);
  await aSecond();
  await use();
  expect(written).toHaveLength(1);
  app.clock.advance(60);
  await aSecond();
  await use();
  expect(written).toHaveLength(2);
  expect((await app.credentialStore.list(userId))[0]?.lastUsedAt?.getTime()).toBe(app.clock.now);
});

test('a last use that cannot be written harms no request, and is not tried at each', async () => {
  const app = await boot();
  const { key } = await (await user(app)).make();
  let tries = 0;
  app.credentialStore.update = async () => {
    tries++;
    throw new Error('read-only');
  };
  expect(await opens(app, key)).toBe(200);
  await aSecond();
  expect(await opens(app, key)).toBe(200);
  await settled(app);
  expect(tries).toBe(1);
});

describe('a service', () => {
  test('has keys from code alone, with the permissions that are listed', async () => {
    const app = await boot();
    const keys = app.app.get(ApiKeys);
    const made = await keys.createForService('billing', { permissions: ['invoices:read'] });
    expect(made).toMatchObject({ name: 'billing', permissions: ['invoices:read'] });
    const { body } = await byHeader(app, made.key).get('/reports').expect(200);
    expect(body).toMatchObject({ id: 'service:billing', roles: [], permissions: ['invoices:read'] });
    const next = await keys.rotate('service:billing', made.id);
    await keys.remove('service:billing', made.id);
    expect([await opens(app, made.key), await opens(app, next.key)]).toEqual(['invalid_api_key', 200]);
  });

  test.each(['', ' ', 'a b', 'a:b', 'x'.repeat(65), undefined, 7, {}])('is not named %j', async (name) => {
    const keys = (await boot()).app.get(ApiKeys);
    const refused = keys.createForService(name as string, { permissions: [] });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', field: 'service' });
  });

  test.each([undefined, {}, { permissions: undefined }, { permissions: null }])(
    'has no key without a list: %j',
    async (wanted) => {
      const keys = (await boot()).app.get(ApiKeys);
      await expect(keys.createForService('billing', wanted as never)).rejects.toMatchObject({
        code: 'invalid_request',
      });
    },
  );

  test('is no user, whatever the ids of users are', async () => {
    const app = await boot();
    const keys = app.app.get(ApiKeys);
    await keys.createForService('billing', { permissions: ['invoices:read'] });
    await expect(keys.create('service:billing', { name: 'ci' })).rejects.toMatchObject({ code: 'contract_broken' });
  });
});

test.each([undefined, null, '', 7, {}, ['7']])('%j owns no keys', async (owner) => {
  const keys = (await boot()).app.get(ApiKeys);
  const calls = [
    () => keys.create(owner as string, { name: 'ci' }),
    () => keys.list(owner as string),
    () => keys.rotate(owner as string, '7'),
    () => keys.remove(owner as string, '7'),
    () => keys.removeAll(owner as string),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'invalid_request', field: 'owner' });
});

test('a key whose stored permissions got lost has none of its user: it is a mistake of the app', async () => {
  const app = await boot();
  const { id, make } = await user(app, { roles: ['admin'] });
  const { key } = await make({ permissions: [] });
  const [record] = await app.credentialStore.list(id);
  await app.credentialStore.update(record!.id, record!.version, { data: { name: 'ci', replaced_by: null } });
  expect(await opens(app, key)).toBe('contract_broken');
});

describe('at boot', () => {
  test('a usual lifetime that is longer than the longest one fails', async () => {
    await expect(boot({ ttl: '2d', maxTtl: '1d' })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining('apiKeys.maxTtl'),
    });
  });

  test.each([{ environment: 'prod' }, { max: 0 }, { overlap: '31d' }, { nope: 1 }])('%j fails', async (options) => {
    await expect(boot(options)).rejects.toMatchObject({ code: 'invalid_configuration' });
  });

  test('a handler that names the key fails without the feature', async () => {
    await expect(startApp({ controllers: [Reports] })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringMatching(/@Authenticated\('api-key'\).*the feature to features/),
    });
  });

  test('single routes can be turned off', async () => {
    const app = await startApp({ features: [apiKeys({ routes: { rotate: false } })] });
    await app.http.post('/auth/api-keys/7/rotate').expect(404);
    await app.close();
  });
});
