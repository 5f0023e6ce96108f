import { randomUUID } from 'node:crypto';
import { AuthError } from '@acme/nest-auth';
import type { DataSource, ObjectLiteral } from 'typeorm';
import { TypeOrmCredentialStore } from './credential-store.js';
import { TypeOrmEphemeralStore } from './ephemeral-store.js';
import { type AuthUserEntity, familyOf } from './schema.js';
import { TypeOrmSessionStore } from './session-store.js';
import type { UserMapping } from './user-mapping.js';
import { TypeOrmUserStore } from './user-store.js';

export interface TypeOrmStoresOptions<E extends ObjectLiteral, Extra = unknown> {
  /** The app's own user entity. @default `AuthUserEntity`, with the table `auth_users` */
  readonly user?: UserMapping<E, Extra>;
}

export interface TypeOrmStores<E extends ObjectLiteral, Extra = unknown> {
  readonly userStore: TypeOrmUserStore<E, Extra>;
  readonly sessionStore: TypeOrmSessionStore;
  readonly ephemeralStore: TypeOrmEphemeralStore;
  readonly credentialStore: TypeOrmCredentialStore;
}

/**
 * Every store of `@acme/nest-auth` on one DataSource, to spread into the options.
 *
 * @throws AuthError `invalid_configuration` when TypeORM is of another version, the DataSource is not initialised, its database is not supported, an
 *   entity is not listed, or the mapping does not fit the user entity
 * @example
 * ```ts
 * AuthModule.forRootAsync({
 *   inject: [DataSource],
 *   useFactory: (db: DataSource) => ({ ...typeOrmStores(db), secrets }),
 * });
 * ```
 */
export function typeOrmStores<E extends ObjectLiteral = AuthUserEntity, Extra = unknown>(
  db: DataSource,
  { user }: TypeOrmStoresOptions<E, Extra> = {},
): TypeOrmStores<E, Extra> {
  // TypeORM 0.2 has no `isInitialized`. The second check refuses a later major that lacks what the stores use.
  if (typeof db?.isInitialized !== 'boolean' || typeof db.driver?.escapeQueryWithParameters !== 'function') {
    refuse('it needs a DataSource of typeorm ^0.3.20 || ^1.0.0. `npm ls typeorm` shows which version the app has.');
  }
  const type = db.options.type;
  familyOf(type);
  if (!db.isInitialized) refuse('the DataSource is not initialised; await dataSource.initialize() before.');
  // Without a mapping, E is the default.
  const mapping = user ?? (DEFAULT_MAPPING as unknown as UserMapping<E, Extra>);
  const entities = [mapping.entity, 'AuthSessionEntity', 'AuthEphemeralEntity', 'AuthCredentialEntity'];
  if (!entities.every((entity) => db.hasMetadata(entity))) {
    const list = user ? `...authEntities('${type}', { users: false })` : `...authEntities('${type}')`;
    refuse(`the DataSource does not know the entities; add ${list} to its \`entities\`.`);
  }
  return {
    userStore: new TypeOrmUserStore<E, Extra>(db, mapping),
    sessionStore: new TypeOrmSessionStore(db),
    ephemeralStore: new TypeOrmEphemeralStore(db),
    credentialStore: new TypeOrmCredentialStore(db),
  };
}

// By name, because the entity may come from the other copy of this package (ESM or CommonJS).
const DEFAULT_MAPPING: UserMapping<AuthUserEntity> = { entity: 'AuthUserEntity', newId: randomUUID };

function refuse(problem: string): never {
  throw new AuthError('invalid_configuration', { message: `typeOrmStores: ${problem}` });
}
