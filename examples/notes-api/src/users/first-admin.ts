import { randomBytes } from 'node:crypto';
import { AuthError, PasswordHasher, UserStore } from '@acme/nest-auth';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { User } from './user.entity.js';

const EMAIL = 'admin@example.org';

/** Nobody can register as an admin, so the first one is put into the table. */
@Injectable()
export class FirstAdmin implements OnApplicationBootstrap {
  readonly #logger = new Logger('FirstAdmin');
  readonly email = EMAIL;
  /** The password, if this process has just generated it. */
  password: string | null = null;

  constructor(
    @Inject(DataSource) private readonly db: DataSource,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(PasswordHasher) private readonly hasher: PasswordHasher,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const admins = this.db.getRepository(User).createQueryBuilder('user').where(`'admin' = ANY(user.roles)`);
    if (await admins.getExists()) return;
    const { ADMIN_PASSWORD: chosen } = process.env;
    const password = chosen ?? randomBytes(12).toString('base64url');
    try {
      const { id } = await this.users.create({
        login: EMAIL,
        passwordHash: await this.hasher.hash(password),
        roles: ['admin'],
        profile: { displayName: 'Admin' },
      });
      // This is the team's own account. Otherwise a first login by mail would delete its password, as if a stranger had
      // chosen it.
      await this.users.setEmailVerified?.(id, EMAIL, new Date());
    } catch (error) {
      // Another process was faster.
      if (error instanceof AuthError && error.code === 'login_taken') return;
      throw error;
    }
    if (chosen !== undefined) return;
    this.#logger.warn(`The first admin is ${EMAIL}, password ${password}. It is shown only now.`);
    this.password = password;
  }
}
