import { types } from 'node:util';
import type { AuthUser, NewUser } from '../../ports/user-store.js';
import { AuthError } from '../errors/auth-error.js';
import { httpStatusOf } from '../errors/http-status.js';
import { kindOf, Trace } from '../errors/trace.js';
import { classOf, type Reading, type StoreCall } from '../resilience/guarded-store.js';

/** The longest id that a token may have; a longer one would make tokens that no verifier accepts. */
const MAX_ID_LENGTH = 255;

interface Field {
  readonly expected: string;
  readonly isValid: (value: unknown) => boolean;
}

const STRINGS: Field = {
  expected: 'an array of strings that are not empty',
  isValid: (value) => Array.isArray(value) && [...value].every(isText),
};
const OPTIONAL_STRINGS: Field = {
  expected: `${STRINGS.expected}, or undefined`,
  isValid: (value) => value === undefined || STRINGS.isValid(value),
};
const OPTIONAL_DATE: Field = {
  expected: 'a Date, null or undefined',
  isValid: (value) => value === undefined || value === null || isDate(value),
};

/** What every user must look like, from any method of the store. */
const FIELDS: Readonly<Record<Exclude<keyof AuthUser, symbol>, Field>> = {
  id: {
    expected: `a string of 1 to ${MAX_ID_LENGTH} characters, a whole number or a bigint`,
    isValid: (value) => idOf(value) !== undefined,
  },
  login: { expected: 'a string that is not empty', isValid: isText },
  passwordHash: {
    expected: 'a string, or null for an account without a password',
    isValid: (value) => value === null || typeof value === 'string',
  },
  roles: STRINGS,
  permissions: OPTIONAL_STRINGS,
  emailVerifiedAt: OPTIONAL_DATE,
  disabledAt: OPTIONAL_DATE,
};

/**
 * Checks a user that the app hands over. The answer is the given object itself, or a view of it with its id as a
 * string.
 * @param from begins the message: `UserStore.findById (PgUserStore) handed over`
 * @throws AuthError `contract_broken` that names each invalid field and the type that was found, but no value
 */
export function readUser(value: unknown, from: string): AuthUser {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw broken(`${from} ${Array.isArray(value) ? 'an array' : typeOf(value)} instead of a user.`);
  }
  const problems = Object.entries(FIELDS).flatMap(([name, field]) => problemOf(value, name, field));
  if (problems.length > 0) throw broken(`${from} an invalid user: ${problems.join('; ')}.`);
  const { id } = value as { readonly id: unknown };
  return typeof id === 'string' ? (value as AuthUser) : withId(value, idOf(id) as string);
}

function problemOf(user: object, name: string, { expected, isValid }: Field): string[] {
  try {
    const value: unknown = Reflect.get(user, name);
    if (isValid(value)) return [];
    const hint = name === 'id' && value === undefined && '_id' in user ? ' (there is an _id: add id: String(_id))' : '';
    return [`${name} must be ${expected}, and is ${typeOf(value)}${hint}`];
  } catch (error) {
    return [`${name} cannot be read: ${Trace.of(error).summary}`];
  }
}

/** The only conversion of ids. An inexact number could be the id of two users. */
function idOf(value: unknown): string | undefined {
  const id = typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : value;
  return isText(id) && id.length <= MAX_ID_LENGTH ? id : undefined;
}

/** A view of the app's user, methods and private members included, with another id. */
function withId(user: object, id: string): AuthUser {
  const members: PropertyDescriptorMap = {};
  // A proxy must not contradict fixed properties of its target, and rows may be frozen.
  for (const [key, member] of Object.entries(Object.getOwnPropertyDescriptors(user))) {
    members[key] = { ...member, configurable: true, ...('value' in member && { writable: true }) };
  }
  members.id = { value: id, enumerable: true, configurable: true, writable: true };
  return new Proxy(Object.create(Reflect.getPrototypeOf(user), members), {
    get(_, key) {
      if (key === 'id') return id;
      const member: unknown = Reflect.get(user, key, user);
      return typeof member === 'function' && key !== 'constructor' ? member.bind(user) : member;
    },
    set: (_, key, value) => Reflect.set(user, key, value),
  });
}

/** How the answers of a `UserStore` are read, by method. */
export const USER_STORE_READINGS: Readonly<Record<string, Reading>> = {
  findById: {
    answer(value, call) {
      const user = found(value, call);
      if (user && user.id !== call.args[0])
        throw broken(`${handedOver(call)} a user with another id than it was asked for.`);
      return user;
    },
    rejection: (error) => (isAbsence(error) ? { answer: null } : undefined),
  },
  findByLogin: { answer: found, rejection: (error) => (isAbsence(error) ? { answer: null } : undefined) },
  create: {
    answer(value, call) {
      const user = readUser(value, handedOver(call));
      const { passwordHash } = call.args[0] as NewUser;
      // An "insert or update" returns the account of somebody else. CHAR columns pad with spaces.
      if (user.passwordHash !== passwordHash && user.passwordHash?.trimEnd() !== passwordHash) {
        throw broken(`${handedOver(call)} a user with another passwordHash than it was given.`);
      }
      return user;
    },
    rejection(error) {
      if (httpStatusOf(error) === 409) throw new AuthError('login_taken', { cause: error });
      return undefined;
    },
  },
  setPasswordHash: { answer: whether, rejection: noChange },
  setEmailVerified: { answer: whether, rejection: noChange },
  setLogin: {
    answer: whether,
    rejection(error) {
      if (httpStatusOf(error) === 409) throw new AuthError('login_taken', { cause: error });
      return noChange(error);
    },
  },
};

function whether(value: unknown, call: StoreCall): boolean {
  if (typeof value === 'boolean') return value;
  throw broken(`${handedOver(call)} ${typeOf(value)} instead of true or false.`);
}

/** `update` of Prisma rejects if no row matches. */
function noChange(error: unknown): { readonly answer: false } | undefined {
  return isAbsence(error) ? { answer: false } : undefined;
}

/** The names of the errors with which TypeORM, MikroORM, Mongoose, Sequelize and Kysely report "not found". */
const ABSENCES = ['EntityNotFoundError', 'NotFoundError', 'DocumentNotFoundError', 'EmptyResultError', 'NoResultError'];

function isAbsence(error: unknown): boolean {
  if (error instanceof AuthError) return error.code === 'not_found' || error.code === 'user_not_found';
  const { name, code } = kindOf(error);
  return httpStatusOf(error) === 404 || ABSENCES.includes(name) || code === 'P2025';
}

function found(value: unknown, call: StoreCall): AuthUser | null {
  return value === null || value === undefined ? null : readUser(value, handedOver(call));
}

function handedOver({ method, owner }: StoreCall): string {
  return `${method}${owner ? ` (${owner})` : ''} handed over`;
}

/** For a user whom a store finds by login, or has just created, but does not find by id. */
export function unfindable(users: object, by: string): AuthError {
  const store = classOf(users);
  return broken(
    `UserStore.findById${store ? ` (${store})` : ''} does not find the user that ${by} has just handed over. ` +
      'It must find them by that id, which it is given as a string, at once and in the same database',
  );
}

/** A mistake in the app, for its log; clients do not see the message. */
function broken(message: string): AuthError {
  return new AuthError('contract_broken', { message });
}

/** The type of a value, never the value. */
export function typeOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) {
    const wrong = [...value].findIndex((item) => !isText(item));
    return wrong < 0
      ? 'an array'
      : `an array with ${value[wrong] === undefined ? 'undefined' : typeOf(value[wrong])} in it`;
  }
  if (typeof value === 'string') return value.length > MAX_ID_LENGTH ? 'a long string' : 'a string';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (types.isPromise(value) || typeof Reflect.get(value, 'then') === 'function') return 'a promise';
  if (types.isDate(value)) return isDate(value) ? 'a Date' : 'an invalid Date';
  const { name } = Object(value.constructor) as { readonly name?: unknown };
  return typeof name === 'string' && /^[A-Za-z_]\w{0,63}$/.test(name) && name !== 'Object'
    ? `an object (${name})`
    : 'an object';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A date of any realm: tests and template engines run in contexts of their own. */
function isDate(value: unknown): boolean {
  return types.isDate(value) && !Number.isNaN(value.getTime());
}
