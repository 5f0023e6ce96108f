import { AuthEvents } from '@acme/nest-auth';
import { ApiKeys, apiKeys } from '@acme/nest-auth/api-keys';
import { notices } from '@acme/nest-auth/notices';
import { describe, expect, test } from '@jest/globals';
import { register, start } from '../../support/notices.js';

const begin = () => start({}, [apiKeys(), notices()]);

describe('a change of how an account can be entered is told', () => {
  test('when a key was made, and when it was rotated: without the key', async () => {
    const app = await begin();
    const { email, access } = await register(app);
    const made = await app.as(access).post('/auth/api-keys').send({ name: 'my laptop' }).expect(201);
    const rotated = await app.as(access).post(`/auth/api-keys/${made.body.id}/rotate`).expect(201);
    const mails = await app.sent();
    expect(mails.map(({ kind, to }) => [kind, to])).toEqual([
      ['api_key_created', email],
      ['api_key_rotated', email],
    ]);
    for (const { body } of [made, rotated]) expect(JSON.stringify(mails)).not.toContain(body.key);
  });

  test('but nobody is written to about the key of a service', async () => {
    const app = await begin();
    await app.app.get(ApiKeys).createForService('billing', { name: 'nightly', permissions: ['invoices:read'] });
    expect(await app.sent()).toEqual([]);
  });

  test('but not the provider that a registration came from', async () => {
    const app = await begin();
    const user = await app.userStore.create({ login: 'ada@example.org', passwordHash: null, roles: [], profile: {} });
    const events = app.app.get(AuthEvents);
    const device = { ip: '127.0.0.1', userAgent: null };
    events.emit('registered', { userId: user.id, device });
    events.emit('identity_linked', { userId: user.id, provider: 'google', device });
    events.emit('identity_linked', { userId: user.id, provider: 'github', device: { ...device } });
    expect((await app.sent()).map(({ kind }) => kind)).toEqual(['identity_linked']);
  });

  test.each(['identity_linked', 'identity_unlinked'] as const)(
    'when a login was added or removed: %s',
    async (event) => {
      const app = await begin();
      const { email } = await register(app);
      const user = await app.userStore.findByLogin(email);
      const device = { ip: '127.0.0.1', userAgent: null };
      app.app.get(AuthEvents).emit(event, { userId: user?.id ?? '', provider: 'google', device });
      expect((await app.sent()).map(({ kind, to }) => [kind, to])).toEqual([[event, email]]);
    },
  );
});
