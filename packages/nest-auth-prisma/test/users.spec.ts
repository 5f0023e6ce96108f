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
        idType: 'number',
        login: 'email',
        disabledAt: 'blockedAt',
        profile: {
          write: ({ nickname, ...rest }) => ({ ...rest, ...(typeof nickname === 'string' ? { nickname } : {}) }),
          read: ({ nickname }) => ({ nickname }),
        },
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
    expect(user.row.email).toBe(user.login);
  });

  test('a profile never sets what the library decides', async () => {
    const profile = { id: 7, email: 'root@example.org', roles: ['admin'], passwordHash: 'own', blockedAt: new Date() };
    const given = newUser({ profile });
    const user = await accounts().create(given);
    expect(user).toMatchObject({ login: given.login, roles: ['user'], passwordHash: 'hash', disabledAt: null });
    expect(user.id).not.toBe('7');
  });

  test('a profile by names fills those columns, and an object in it does not become a nested write', async () => {
    const user = { idType: 'number', login: 'email', profile: ['nickname'] } as const;
    const { userStore } = prismaStores(models(), { user });
    const given = newUser({ profile: { nickname: 'cat', blockedAt: new Date() } });
    expect((await userStore.create(given)).row).toMatchObject({ nickname: 'cat', blockedAt: null });
    const nested = userStore.create(newUser({ profile: { nickname: { set: 'root' } } }));
    await expect(nested).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('with names for logins, the mapped email is verified, only while it is the address', async () => {
    const columns = { login: 'email', email: 'nickname', emailVerifiedAt: 'blockedAt' } as const;
    const user = { idType: 'number', ...columns, disabledAt: () => null, profile: ['nickname'] } as const;
    const { userStore } = prismaStores(models(), { user });
    const address = `${randomUUID()}@example.org`;
    const { id, login } = await userStore.create(newUser({ login: randomUUID(), profile: { nickname: address } }));
    const at = new Date('2030-01-02T03:04:05Z');
    for (const other of [login, `x${address}`]) expect(await userStore.setEmailVerified?.(id, other, at)).toBe(false);
    expect(await userStore.setEmailVerified?.(id, address, at)).toBe(true);
    expect(await userStore.findById(id)).toMatchObject({ email: address, emailVerifiedAt: at });
  });

  test('the mapped language of a user is handed over', async () => {
    const user = { idType: 'number', login: 'email', locale: 'nickname', profile: ['nickname'] } as const;
    const { userStore } = prismaStores(models(), { user });
    const { id } = await userStore.create(newUser({ profile: { nickname: 'de-AT' } }));
    expect(await userStore.findById(id)).toMatchObject({ locale: 'de-AT' });
  });

  test('a user whose flag is off is disabled', async () => {
    const user = { idType: 'bigint', id: 'number', login: 'mail', passwordHash: 'secret', role: 'role' } as const;
    const people = { ...models(), authUser: db.prisma.person };
    const { userStore } = prismaStores(people, { user: { ...user, isActive: 'isActive' } });
    const { id, disabledAt, roles } = await userStore.create(newUser({ roles: ['EDITOR'] }));
    expect([disabledAt, roles]).toEqual([null, ['EDITOR']]);
    await db.prisma.person.update({ where: { number: BigInt(id) }, data: { isActive: false } });
    expect((await userStore.findById(id))?.disabledAt).toBeInstanceOf(Date);
    const two = userStore.create(newUser({ roles: ['EDITOR', 'GUEST'] }));
    await expect(two).rejects.toMatchObject({ code: 'invalid_configuration' });
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
      const mapping = { login: 'email', disabledAt } as { login: 'email' };
      const { userStore } = prismaStores(models(), { user: { idType: 'number', ...mapping } });
      await expect(userStore.findById(id)).rejects.toMatchObject({
        code: 'invalid_configuration',
        message: expect.stringContaining(`\`disabledAt\` ('${disabledAt}') must be`),
      });
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
    expect(permissions).toEqual([]);
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
    expect(userStore.setEmailVerified).toBeInstanceOf(Function);
    // @ts-expect-error the sessions are not users
    const wrong: AuthModels = { ...models(), authSession: db.prisma.account };
    expect(wrong).toBeDefined();
    // @ts-expect-error the model has no such field
    prismaStores(models(), { user: { login: 'mail' } });
  });
});
