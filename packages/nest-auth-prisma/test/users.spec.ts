import { randomUUID } from 'node:crypto';
import type { AuthOptions, NewUser } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { PrismaPg } from '@prisma/adapter-pg';
import { type AuthModels, prismaStores } from '../src/index.js';
import { PrismaClient } from './generated/client/client.js';
import { createPostgres, postgresTest as test } from './servers.js';

describe("The team's own users", () => {
  let db: Awaited<ReturnType<typeof createPostgres>>;
  beforeAll(async () => {
    db = await createPostgres();
  });
  afterAll(() => db?.drop());

  const models = () => ({
    authUser: db.prisma.account,
    authSession: db.prisma.authSession,
    authEphemeral: db.prisma.authEphemeral,
  });
  const accounts = () =>
    prismaStores(models(), {
      user: {
        id: 'number',
        fields: { login: 'email', disabledAt: 'blockedAt' },
        profile: ({ nickname, ...rest }) => ({ ...rest, ...(typeof nickname === 'string' ? { nickname } : {}) }),
        extra: ({ nickname }) => ({ nickname }),
      },
    }).userStore;
  const newUser = (changes: Partial<NewUser> = {}): NewUser => ({
    login: `${randomUUID()}@example.org`,
    passwordHash: 'hash',
    roles: ['user'],
    profile: {},
    ...changes,
  });

  test('a profile fills the columns of the team, and the extra fields come back typed', async () => {
    const user = await accounts().create(newUser({ profile: { nickname: 'ann' } }));
    const nickname: string | null = user.nickname;
    expect(nickname).toBe('ann');
    expect(await accounts().findById(user.id)).toEqual(user);
    expect(user).not.toHaveProperty('email');
  });

  test('a profile never sets what the library decides', async () => {
    const profile = { id: 7, email: 'root@example.org', roles: ['admin'], passwordHash: 'own', blockedAt: new Date() };
    const given = newUser({ profile });
    const user = await accounts().create(given);
    expect(user).toMatchObject({ login: given.login, roles: ['user'], passwordHash: 'hash', disabledAt: null });
    expect(user.id).not.toBe('7');
  });

  test('another unique column is not a taken login', async () => {
    await accounts().create(newUser({ profile: { nickname: 'bob' } }));
    await expect(accounts().create(newUser({ profile: { nickname: 'bob' } }))).rejects.toMatchObject({ code: 'P2002' });
    const { login } = await accounts().create(newUser());
    await expect(accounts().create(newUser({ login }))).rejects.toMatchObject({ code: 'login_taken' });
  });

  test('a mapped column decides who is disabled', async () => {
    const { id } = await accounts().create(newUser());
    const blockedAt = new Date('2030-01-01T00:00:00.123Z');
    await db.prisma.account.update({ where: { id: Number(id) }, data: { blockedAt } });
    expect((await accounts().findById(id))?.disabledAt).toEqual(blockedAt);
  });

  test('a mapping that is wrong fails instead of reading as "not disabled"', async () => {
    const { id } = await accounts().create(newUser());
    for (const disabledAt of ['blockedat', 'roles']) {
      const fields = { login: 'email', disabledAt } as { login: 'email' };
      const { userStore } = prismaStores(models(), { user: { id: 'number', fields } });
      await expect(userStore.findById(id)).rejects.toThrow(/disabledAt/);
    }
  });

  test('a client that omits the password hash everywhere still gets it here', async () => {
    const prisma = new PrismaClient({ adapter: new PrismaPg(db.pool), omit: { authUser: { passwordHash: true } } });
    const { userStore } = prismaStores(prisma);
    const created = await userStore.create(newUser());
    expect(created.passwordHash).toBe('hash');
    expect((await userStore.findById(created.id))?.passwordHash).toBe('hash');
  });

  test('permissions and times of auth.prisma come back as they are', async () => {
    const { userStore } = prismaStores(db.prisma);
    const { id, permissions } = await userStore.create(newUser());
    expect(permissions).toBeUndefined();
    const emailVerifiedAt = new Date('2030-01-01T00:00:00.123Z');
    await db.prisma.authUser.update({ where: { id }, data: { permissions: ['notes:read'], emailVerifiedAt } });
    expect(await userStore.findById(id)).toMatchObject({ permissions: ['notes:read'], emailVerifiedAt });
  });

  test('an extended client fits, and a wrong model does not', async () => {
    const extended = db.prisma.$extends({
      result: { authUser: { domain: { needs: { login: true }, compute: ({ login }) => login.split('@')[1] } } },
    });
    const options: Pick<AuthOptions, 'userStore' | 'sessionStore' | 'ephemeralStore'> = prismaStores(extended);
    const { userStore } = options;
    expect((await userStore.create(newUser())).roles).toEqual(['user']);
    // @ts-expect-error the sessions are not users
    const wrong: AuthModels = { ...models(), authSession: db.prisma.account };
    expect(wrong).toBeDefined();
    // @ts-expect-error the model has no such field
    prismaStores(models(), { user: { fields: { login: 'mail' } } });
  });
});
