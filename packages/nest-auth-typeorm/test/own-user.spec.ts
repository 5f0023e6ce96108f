import { AuthError } from '@acme/nest-auth';
import { userStoreConformance } from '@acme/nest-auth/testing';
import { authEntities, typeOrmStores, type UserMapping } from '@acme/nest-auth-typeorm';
import { describe, expect, test } from '@jest/globals';
import { DataSource, EntitySchema } from 'typeorm';
import { onEachServer, type Server } from './servers.js';

/** A table as teams have them: a number for an id, other names, the hash hidden, roles as words. */
class Member {
  memberId!: number | string;
  email!: string;
  password!: string | null;
  rights!: string;
  displayName!: string | null;
  badge!: string | null;
  blocked!: boolean;
  active!: boolean;
  confirmedAt!: Date | null;
  deletedAt!: Date | null;
}

/** SQLite generates only INTEGER keys. PostgreSQL throws for a number that is out of its column's range. */
const idType = ({ name }: Server) => (name === 'sql.js' || name === 'PostgreSQL' ? 'integer' : 'bigint');

const members = (server: Server, name = 'Member', collation = 'utf8mb4_bin') =>
  new EntitySchema<Member>({
    name,
    ...(name === 'Member' && { target: Member }),
    columns: {
      memberId: { type: idType(server), name: 'member_id', primary: true, generated: 'increment' },
      email: { type: 'varchar', unique: true, ...(server.migration === 'mariadb' && { collation }) },
      password: { type: 'varchar', nullable: true, select: false },
      rights: { type: 'varchar', default: '' },
      displayName: { type: 'varchar', name: 'display_name', nullable: true },
      badge: { type: 'varchar', nullable: true, unique: true },
      blocked: { type: 'boolean', default: false },
      active: { type: 'boolean', default: true },
      // PGlite shifts a TIMESTAMP without a time zone.
      confirmedAt: { type: server.migration === 'postgres' ? 'timestamptz' : Date, nullable: true },
      deletedAt: { type: Date, nullable: true, deleteDate: true },
    },
  });

const user: UserMapping<Member> = {
  entity: Member,
  login: 'email',
  passwordHash: 'password',
  roles: {
    read: ({ rights }) => rights.split(' ').filter((role) => role !== ''),
    write: (roles) => ({ rights: roles.join(' ') }),
  },
  disabledAt: ({ blocked }) => (blocked ? new Date(0) : null),
  profile: ['displayName', 'badge'],
};

/** One role, a flag, and on MariaDB a column whose collation ignores case and accents. */
const loose: UserMapping<Member> = {
  entity: 'Loose',
  login: 'email',
  passwordHash: 'password',
  role: 'rights',
  isActive: 'active',
  emailVerifiedAt: 'confirmedAt',
};

let logins = 0;
const newUser = (profile: Record<string, unknown> = {}, login = `member-${++logins}@example.org`) => ({
  login,
  passwordHash: 'hash',
  roles: ['user'],
  profile,
});

await onEachServer({
  entities: (server) => [
    members(server),
    members(server, 'Loose', 'utf8mb4_general_ci'),
    ...authEntities(server.options('').type, { users: false }),
  ],
  schema: 'synchronize',
  tests: (current, _, { migration }) => {
    const store = () => typeOrmStores(current(), { user }).userStore;
    const mixedCase = { ...user, logins: 'mixed-case' } as const;
    userStoreConformance({
      test,
      factory: () => typeOrmStores(current(), { user: mixedCase }).userStore,
      insertLegacy: (login) => current().query(`INSERT INTO member (email) VALUES ('${login}')`),
      supports: { setLogin: true },
    });
    describe('one role, a flag, a loose collation', () => {
      userStoreConformance({
        test,
        factory: () => typeOrmStores(current(), { user: { ...loose, logins: 'mixed-case' } }).userStore,
        roles: ['EDITOR'],
        insertLegacy: (login) => current().query(`INSERT INTO loose (email) VALUES ('${login}')`),
        supports: { exactLogins: migration !== 'mariadb', setEmailVerified: true, setLogin: true },
      });

      test('with names for logins, the mapped email is verified, only while it is the address', async () => {
        const named: UserMapping<Member> = { ...loose, email: 'displayName', profile: ['displayName'] };
        const { userStore } = typeOrmStores(current(), { user: named });
        const given = { ...newUser({ displayName: 'ann@example.org' }, `name-${++logins}`), roles: ['EDITOR'] };
        const { id, login } = await userStore.create(given);
        const at = new Date('2030-01-02T03:04:05Z');
        for (const address of [login, 'Ann@example.org', 'änn@example.org', 'bob@example.org']) {
          expect(await userStore.setEmailVerified?.(id, address, at)).toBe(false);
        }
        expect(await userStore.setEmailVerified?.(id, 'ann@example.org', at)).toBe(true);
        expect(await userStore.findById(id)).toMatchObject({ email: 'ann@example.org', emailVerifiedAt: at });
      });

      test('the mapped language of a user is handed over', async () => {
        const named: UserMapping<Member> = { ...loose, locale: 'displayName', profile: ['displayName'] };
        const { userStore } = typeOrmStores(current(), { user: named });
        const { id } = await userStore.create({ ...newUser({ displayName: 'de-AT' }), roles: ['EDITOR'] });
        expect(await userStore.findById(id)).toMatchObject({ locale: 'de-AT' });
      });

      test('a user whose flag is off is disabled, and two roles do not fit', async () => {
        const { userStore } = typeOrmStores(current(), { user: loose });
        const { id, roles, disabledAt } = await userStore.create({ ...newUser(), roles: ['EDITOR'] });
        expect([roles, disabledAt]).toEqual([['EDITOR'], null]);
        await current().query(`UPDATE loose SET active = ${migration === 'postgres' ? 'false' : '0'}`);
        expect((await userStore.findById(id))?.disabledAt).toBeInstanceOf(Date);
        const two = userStore.create({ ...newUser(), roles: ['EDITOR', 'GUEST'] });
        await expect(two).rejects.toMatchObject({ code: 'invalid_configuration' });
      });
    });

    test('with logins from before, nobody registers beside one, even if the option was forgotten', async () => {
      await current().query("INSERT INTO member (email) VALUES ('Forgotten@Example.org')");
      const taken = store().create(newUser({}, 'forgotten@example.org'));
      await expect(taken).rejects.toMatchObject({ code: 'login_taken' });
      const [warning] = await store().diagnose();
      expect(warning).toMatch(/^Not normalised: [1-9]\d* logins of [\w.]*member\.email\. .*`logins: 'mixed-case'`/);
      const [, sql = ''] = /(SELECT .+?)\. See/.exec(warning ?? '') ?? [];
      const rows: { email: string }[] = await current().query(sql);
      expect(rows.map(({ email }) => email)).toContain('Forgotten@Example.org');
    });

    test('a registration fills the profile columns, and no other', async () => {
      const given = { displayName: 'Ada', blocked: true, rights: 'admin', memberId: 7, email: 'x', password: 'x' };
      const { row, roles, disabledAt } = await store().create(newUser(given));
      expect(row).toMatchObject({ displayName: 'Ada', badge: null, rights: 'user' });
      expect([roles, disabledAt]).toEqual([['user'], null]);
    });

    test('profile as a function cannot reach the columns of the mapping, nor SQL', async () => {
      const profile = (given: object): Partial<Member> => ({ ...given, badge: (() => 'now()') as never });
      const { userStore } = typeOrmStores(current(), { user: { ...user, profile } });
      const { row } = await userStore.create(newUser({ displayName: 'Bob', memberId: 7, password: 'x' }));
      expect(row).toMatchObject({ displayName: 'Bob', password: 'hash', badge: null });
      expect(String(row.memberId)).not.toBe('7');
    });

    test('another unique column is not a taken login', async () => {
      await store().create(newUser({ badge: 'A1' }));
      const taken = store().create(newUser({ badge: 'A1' }));
      await expect(taken).rejects.toMatchObject({ name: 'QueryFailedError' });
      await expect(taken).rejects.not.toBeInstanceOf(AuthError);
    });

    test('a deleted user is not found, and its login stays taken', async () => {
      const gone = await store().create(newUser());
      await current().getRepository(Member).softDelete({ memberId: gone.row.memberId });
      expect(await store().findById(gone.id)).toBeNull();
      expect(await store().findByLogin(gone.login)).toBeNull();
      await expect(store().create(newUser({}, gone.login))).rejects.toMatchObject({ code: 'login_taken' });
    });

    if (migration !== 'mariadb') return;
    test("under MariaDB's own collation capitals do not matter, and accents do", async () => {
      const { userStore } = typeOrmStores(current(), { user: { ...user, entity: 'Loose' } });
      await current().query("INSERT INTO loose (email) VALUES ('Jose@Example.org')");
      expect(await userStore.findByLogin('jose@example.org')).toMatchObject({ login: 'Jose@Example.org' });
      expect(await userStore.findByLogin('josé@example.org')).toBeNull();
      await expect(userStore.create(newUser({}, 'josé@example.org'))).rejects.toMatchObject({ code: 'login_taken' });
    });
  },
});
describe('a configuration that cannot work is refused', () => {
  const sqlite = () => new DataSource({ type: 'sqljs', entities: [...authEntities('sqljs')] });
  const problem = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return error instanceof AuthError && error.code === 'invalid_configuration' ? error.message : String(error);
    }
  };

  test('before the DataSource is initialised', () => {
    expect(problem(() => typeOrmStores(sqlite()))).toMatch(/await dataSource\.initialize\(\)/);
  });

  test('on another version of TypeORM, naming the ones that it needs', () => {
    // A Connection of 0.2, which has `isConnected` instead of `isInitialized`.
    const old = { options: { type: 'postgres' }, isConnected: true, driver: {}, hasMetadata: () => true };
    expect(problem(() => typeOrmStores(old as never))).toContain('typeorm ^0.3.20 || ^1.0.0');
  });

  test('without the entities', async () => {
    const db = await new DataSource({ type: 'sqljs', entities: [] }).initialize();
    expect(problem(() => typeOrmStores(db))).toContain("add ...authEntities('sqljs')");
    expect(problem(() => typeOrmStores(db, { user }))).toContain('{ users: false }');
    await db.destroy();
  });

  test('on another database', () => {
    expect(problem(() => authEntities('mssql'))).toMatch(/'mssql' is not supported; use one of postgres, mariadb/);
  });

  test('with a mapping that names what is not there, or lets a registration fill reserved columns', async () => {
    const db = await sqlite().initialize();
    const mapping = {
      entity: authEntities('sqljs')[0],
      login: 'email',
      profile: ['id', 'roles', 'disabledAt', 'nickname'],
    } as unknown as UserMapping<Record<string, unknown>>;
    const message = problem(() => typeOrmStores(db, { user: mapping }));
    for (const part of [
      "login: it has no column 'email'",
      "profile: 'id' is not",
      "profile: 'roles' is not",
      "profile: 'disabledAt' is not",
      "profile: it has no column 'nickname'",
    ]) {
      expect(message).toContain(part);
    }
    await db.destroy();
  });
});
