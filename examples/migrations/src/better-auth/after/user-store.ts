import { randomUUID } from 'node:crypto';
import { AuthError, type AuthUser, type NewUser, type UserStore } from '@acme/nest-auth';
import { type AccountRow, tables, type UserRow } from '../tables.js';

const PASSWORD = 'credential';

/** The users of better-auth: one row of `user`, and one of `account` for the password. */
export class BetterAuthUsers implements UserStore {
  async findById(id: string): Promise<AuthUser | null> {
    return userOf(tables.user.find((row) => row.id === id));
  }

  async findByLogin(login: string): Promise<AuthUser | null> {
    return userOf(tables.user.find((row) => row.email === login));
  }

  async create({ login, passwordHash }: NewUser): Promise<AuthUser> {
    if (await this.findByLogin(login)) throw new AuthError('login_taken');
    const id = randomUUID();
    tables.user.push({ id, email: login, name: '', emailVerified: false, updatedAt: new Date() });
    tables.account.push({ id: randomUUID(), userId: id, accountId: id, providerId: PASSWORD, password: passwordHash });
    return { id, login, passwordHash, roles: [] };
  }

  async setPasswordHash(id: string, hash: string | null, replaces: string | null): Promise<boolean> {
    const account = accountOf(id);
    if ((account?.password ?? null) !== replaces || !(await this.findById(id))) return false;
    if (account) account.password = hash;
    // A user of a social login chooses a password.
    else tables.account.push({ id: randomUUID(), userId: id, accountId: id, providerId: PASSWORD, password: hash });
    return true;
  }
}

function accountOf(userId: string): AccountRow | undefined {
  return tables.account.find((row) => row.userId === userId && row.providerId === PASSWORD);
}

function userOf(row: UserRow | undefined): AuthUser | null {
  if (!row) return null;
  const { id, email, emailVerified, updatedAt } = row;
  const passwordHash = accountOf(id)?.password ?? null;
  return { id, login: email, passwordHash, roles: [], emailVerifiedAt: emailVerified ? updatedAt : null };
}
