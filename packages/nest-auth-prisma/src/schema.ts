import type {
  CredentialChanges,
  CredentialRow,
  CredentialSelection,
  EphemeralRow,
  SessionRow,
} from '@acme/nest-auth/adapter';

// The part of a generated client that is used. A client of auth.prisma is assignable to `AuthModels`, and so is an
// object of delegates with other names.

/** The delegate of the users model. It may be the app's own, so its fields are not known here. */
export interface UserDelegate<Row extends object = object> {
  findUnique(args: { where: never }): PromiseLike<Row | null>;
  findMany(args: { where?: never; take?: number }): PromiseLike<Row[]>;
  create(args: { data: never }): PromiseLike<Row>;
  updateMany(args: { where: never; data: never }): PromiseLike<Count>;
  /** The names of the scalar fields. */
  readonly fields?: object;
}

/** The delegate of `AuthSession`. */
export interface SessionDelegate {
  create(args: { data: SessionRow }): PromiseLike<unknown>;
  findUnique(args: { where: { id: string } }): PromiseLike<SessionRow | null>;
  findMany(args: {
    where: SessionWhere;
    orderBy: SessionOrder[];
    take: number;
    skip?: number;
  }): PromiseLike<SessionRow[]>;
  updateMany(args: { where: SessionWhere; data: Partial<SessionRow> }): PromiseLike<Count>;
  updateManyAndReturn(args: { where: SessionWhere; data: Partial<SessionRow> }): PromiseLike<SessionRow[]>;
  deleteMany(args: { where: SessionWhere }): PromiseLike<Count>;
}

/** The delegate of `AuthEphemeral`. */
export interface EphemeralDelegate {
  findUnique(args: { where: { key: string; expiresAt: { gt: Date } } }): PromiseLike<EphemeralRow | null>;
  upsert(args: { where: { key: string }; create: EphemeralRow; update: Partial<EphemeralRow> }): PromiseLike<unknown>;
  createMany(args: { data: EphemeralRow[]; skipDuplicates: true }): PromiseLike<Count>;
  updateMany(args: { where: EphemeralWhere; data: Partial<EphemeralRow> }): PromiseLike<Count>;
  delete(args: { where: { key: string; expiresAt: { gt: Date } } }): PromiseLike<EphemeralRow>;
  deleteMany(args: { where: EphemeralWhere }): PromiseLike<Count>;
}

/** The delegate of `AuthCredential`. */
export interface CredentialDelegate {
  findUnique(args: { where: { kind_key: { kind: string; key: string } } }): PromiseLike<CredentialRow | null>;
  findMany(args: {
    where: CredentialSelection;
    orderBy: ({ createdAt: 'asc' } | { id: 'asc' })[];
  }): PromiseLike<CredentialRow[]>;
  createMany(args: { data: CredentialRow[]; skipDuplicates: true }): PromiseLike<Count>;
  updateMany(args: {
    where: { id: string; version: number };
    data: CredentialChanges & { version: number };
  }): PromiseLike<Count>;
  deleteMany(args: { where: CredentialSelection }): PromiseLike<Count>;
}

/** The delegates, by the names that a client of auth.prisma gives them. */
export interface AuthModels<Row extends object = object> {
  readonly authUser: UserDelegate<Row>;
  readonly authSession: SessionDelegate;
  readonly authEphemeral: EphemeralDelegate;
  /** Without it there is no `credentialStore`. */
  readonly authCredential?: CredentialDelegate;
}

/** The client that sends a rotation in SQL. */
export interface RawClient {
  $queryRawUnsafe<T>(statement: string, ...values: unknown[]): PromiseLike<T>;
}

interface Count {
  readonly count: number;
}

interface SessionWhere {
  id?: string | { not: string } | { in: string[] } | { lte: string } | { gt: string };
  userId?: string;
  secretHash?: string;
  generation?: number;
  createdAt?: { lt: Date } | { lte: Date };
  expiresAt?: { gt: Date };
  absoluteExpiresAt?: { gt: Date } | { lt: Date };
  authenticatedAt?: { lte: Date };
  revokedAt?: null | { gte: Date } | { gt: Date };
  OR?: SessionWhere[];
}

type SessionOrder = { createdAt: 'desc' } | { id: 'asc' | 'desc' } | { revokedAt: 'asc' };

interface EphemeralWhere {
  key?: string;
  expiresAt: { lte: Date };
}
