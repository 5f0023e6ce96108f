import { AuthError, type AuthUser, type NewUser } from '@acme/nest-auth';
import { RowReader } from './row-reader.js';
import type { MappedUser, UserMapping, WriteProfile } from './user-mapping.js';

/** What an adapter knows about the table. */
export interface TableShape {
  /** For messages, such as `typeOrmStores: the user entity User`. */
  readonly name: string;
  /** Whether rows have this property. Without this function, a wrong name is noticed only with the first row. */
  readonly has?: (property: string) => boolean;
  /** Whether a client's value may be stored in a column unchanged. @default every value */
  readonly isStorable?: (value: unknown) => boolean;
}

/** A mapping with its defaults. */
export interface ResolvedMapping<Row, Extra> {
  readonly id: string;
  readonly login: string;
  readonly passwordHash: string;
  readonly mixedCase: boolean;
  readonly email: string | undefined;
  /** The property to write; undefined if there is none. */
  readonly emailVerifiedAt: string | undefined;
  /** @throws AuthError `invalid_configuration` for a row that does not fit the mapping */
  readonly userOf: (row: Row) => MappedUser<Row, Extra>;
  /**
   * The columns of a new user.
   * @throws AuthError `invalid_configuration` for several roles if there is one role column
   */
  readonly columnsOf: (user: NewUser) => Record<string, unknown>;
}

const OPTIONAL = ['permissions', 'emailVerifiedAt', 'disabledAt'] as const;

/** @throws AuthError `invalid_configuration`, naming every mismatch */
export function resolveMapping<Row, Extra, Insert>(
  mapping: UserMapping<Row, Extra, Insert>,
  table: TableShape,
): ResolvedMapping<Row, Extra> {
  const { id = 'id', login = 'login', passwordHash = 'passwordHash', logins, newId } = mapping;
  const { write, read } = profileOf(mapping.profile);
  const reserved = reservedOf({ ...mapping, id, login, passwordHash }, write, table);
  return {
    id,
    login,
    passwordHash,
    mixedCase: logins === 'mixed-case',
    email: mapping.email,
    emailVerifiedAt: verifiedColumn(mapping, table),
    userOf: userReader({ ...mapping, id, login, passwordHash }, read, table.name),
    columnsOf: (user) => ({
      ...profileColumns(user.profile, write, reserved, table),
      ...roleColumns(user.roles, mapping, table.name),
      [login]: user.login,
      [passwordHash]: user.passwordHash,
      ...(newId && { [id]: newId() }),
    }),
  };
}

type Key = 'id' | 'login' | 'passwordHash';
type Named<Row, Extra, Insert> = Omit<UserMapping<Row, Extra, Insert>, Key> & Readonly<Record<Key, string>>;
type Write = WriteProfile<Record<string, unknown>>;

function verifiedColumn<Row, Extra, Insert>(
  { emailVerifiedAt }: UserMapping<Row, Extra, Insert>,
  { has }: TableShape,
): string | undefined {
  if (typeof emailVerifiedAt === 'string') return emailVerifiedAt;
  return emailVerifiedAt === undefined && has?.('emailVerifiedAt') ? 'emailVerifiedAt' : undefined;
}

function profileOf<Row, Extra, Insert>(
  profile: UserMapping<Row, Extra, Insert>['profile'] = [],
): {
  readonly write: Write;
  readonly read?: (row: Row) => Extra;
} {
  if (typeof profile === 'function' || Array.isArray(profile)) return { write: profile as Write };
  const { write = [], read } = profile as { write?: Write; read?: (row: Row) => Extra };
  return { write, ...(read && { read }) };
}

/** The properties that a registration's profile never fills; throws if the mapping does not fit the table. */
function reservedOf<Row, Extra, Insert>(
  mapping: Named<Row, Extra, Insert>,
  write: Write,
  { name, has }: TableShape,
): ReadonlySet<string> {
  const { id, login, passwordHash, role, roles = role === undefined ? 'roles' : undefined, isActive } = mapping;
  const { permissions, emailVerifiedAt, disabledAt, logins = 'normalised' } = mapping;
  const problems: string[] = [];
  const reserved = new Set<string>(OPTIONAL);
  const named = { id, login, passwordHash, roles, role, isActive, permissions, emailVerifiedAt, disabledAt };
  for (const [option, property] of Object.entries(named)) {
    if (typeof property !== 'string') continue;
    reserved.add(property);
    if (has?.(property) === false) problems.push(`${option}: it has no column '${property}'`);
  }
  // A registration may fill these.
  for (const option of ['email', 'locale'] as const) {
    const property = mapping[option];
    if (typeof property === 'string' && has?.(property) === false)
      problems.push(`${option}: it has no column '${property}'`);
  }
  if (mapping.roles !== undefined && role !== undefined) problems.push('set either roles or role');
  if (!['normalised', 'mixed-case'].includes(logins)) problems.push("logins: use 'normalised' or 'mixed-case'");
  for (const property of typeof write === 'function' ? [] : write) {
    if (reserved.has(property)) problems.push(`profile: '${property}' is not for registrations to fill`);
    else if (has?.(property) === false) problems.push(`profile: it has no column '${property}'`);
  }
  if (problems.length === 0) return reserved;
  throw new AuthError('invalid_configuration', { message: `${name} does not fit. ${problems.join('; ')}.` });
}

function userReader<Row, Extra, Insert>(
  mapping: Named<Row, Extra, Insert>,
  read: ((row: Row) => Extra) | undefined,
  name: string,
): (row: Row) => MappedUser<Row, Extra> {
  const reader = new RowReader<Row>(name);
  const { id, login, email, locale, passwordHash, role, roles = 'roles', isActive } = mapping;
  const rolesOf = typeof roles === 'string' ? roles : roles.read;
  /** A property of that name is used even if the mapping does not mention it. */
  const source = (row: Row, option: (typeof OPTIONAL)[number]) =>
    mapping[option] ?? (reader.value(row, option) === undefined ? undefined : option);
  return (row) => {
    const permissions = source(row, 'permissions');
    const verified = source(row, 'emailVerifiedAt');
    const disabled = source(row, 'disabledAt');
    let disabledAt = disabled === undefined ? undefined : reader.date(row, 'disabledAt', disabled);
    if (isActive !== undefined) disabledAt ??= reader.isActive(row, isActive) ? null : new Date(0);
    const user: AuthUser & Pick<MappedUser<Row>, 'email' | 'locale'> = {
      id: reader.id(row, id),
      login: reader.login(row, login),
      ...(email !== undefined && { email: reader.text(row, 'email', email) }),
      ...(locale !== undefined && { locale: reader.text(row, 'locale', locale) }),
      passwordHash: reader.text(row, 'passwordHash', passwordHash),
      roles: role === undefined ? reader.list(row, 'roles', rolesOf) : reader.role(row, role),
      ...(permissions !== undefined && { permissions: reader.list(row, 'permissions', permissions) }),
      ...(verified !== undefined && { emailVerifiedAt: reader.date(row, 'emailVerifiedAt', verified) }),
      ...(disabledAt !== undefined && { disabledAt }),
    };
    return { ...read?.(row), ...user, row } as MappedUser<Row, Extra>;
  };
}

function roleColumns<Row, Extra, Insert>(
  given: readonly string[],
  { role, roles = 'roles' as never }: UserMapping<Row, Extra, Insert>,
  name: string,
): object {
  if (role === undefined) return typeof roles === 'string' ? { [roles]: [...given] } : roles.write(given);
  if (given.length > 1) {
    const message = `${name} has one column for a role, \`${role}\`, and a new user has ${given.length}. Check register.roles.`;
    throw new AuthError('invalid_configuration', { message });
  }
  return given.length === 0 ? {} : { [role]: given[0] };
}

function profileColumns(
  given: unknown,
  write: Write,
  reserved: ReadonlySet<string>,
  { has, isStorable }: TableShape,
): Record<string, unknown> {
  const profile = (typeof given === 'object' && given !== null ? given : {}) as Readonly<Record<string, unknown>>;
  const columns =
    typeof write === 'function'
      ? write(profile)
      : Object.fromEntries(write.filter((name) => Object.hasOwn(profile, name)).map((name) => [name, profile[name]]));
  // An ORM may run a function as SQL, so functions are removed. Other values from the mapping's own function are
  // trusted.
  const kept = Object.entries(columns ?? {}).filter(
    ([name, value]) =>
      !reserved.has(name) && has?.(name) !== false && value !== undefined && typeof value !== 'function',
  );
  const odd = typeof write === 'function' || !isStorable ? undefined : kept.find(([, value]) => !isStorable(value));
  if (!odd) return Object.fromEntries(kept);
  throw new AuthError('invalid_request', { message: `The field ${odd[0]} cannot be stored as it was sent.` });
}
