import { BadRequestException, type Type, ValidationPipe } from '@nestjs/common';
import { AuthError } from '../core/errors/auth-error.js';
import type { RegistrationSchema, StandardSchema } from '../core/login/registration-schema.js';
import type { Registration } from '../core/login/registrations.js';
import { objectOf, readFlag, readStrings } from '../http/request-body.js';

const MAX_DEPTH = 32;

/** Fields that only the library sets, even if a schema allows them. */
const RESERVED = [
  'id',
  'login',
  'passwordHash',
  'roles',
  'permissions',
  'emailVerifiedAt',
  'disabledAt',
  '__proto__',
  'constructor',
  'prototype',
];

/** Reads registrations: login, password, and the fields that the app's schema accepts. */
export class RegistrationReader {
  readonly #readProfile: (rest: Record<string, unknown>) => Promise<unknown>;

  constructor(
    private readonly loginField: string,
    schema: RegistrationSchema | undefined,
  ) {
    if (schema === undefined) this.#readProfile = async () => ({});
    else if ('~standard' in schema) this.#readProfile = (rest) => throughStandardSchema(schema, rest);
    else this.#readProfile = throughClass(schema as Type<object>);
  }

  /** @throws AuthError `invalid_request` */
  async read(body: unknown): Promise<Registration> {
    const [login, password] = readStrings(body, [this.loginField, 'password']);
    const remember = readFlag(body, 'remember');
    const taken = [this.loginField, 'password', 'remember', ...RESERVED];
    const rest = without(objectOf(body), taken);
    assertHarmless(rest);
    return { login, password, remember, profile: without(objectOf(await this.#readProfile(rest)), taken) };
  }
}

/** Validators recurse, and merges follow `__proto__`, so deep bodies and such names are refused here. */
function assertHarmless(value: unknown): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw new AuthError('invalid_request', { message: 'The body is nested too deeply.' });
    const objects = level.filter((item) => typeof item === 'object' && item !== null) as object[];
    if (objects.some((item) => Object.hasOwn(item, '__proto__') || Object.hasOwn(item, 'constructor'))) {
      throw new AuthError('invalid_request', { message: 'The body names __proto__ or constructor.' });
    }
    level = objects.flatMap((item) => Object.values(item) as unknown[]);
  }
}

function without(fields: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

async function throughStandardSchema(schema: StandardSchema, rest: Record<string, unknown>): Promise<unknown> {
  const { issues, value } = await schema['~standard'].validate(rest);
  if (!issues) return value;
  const named = issues.map(({ message, path = [] }) => ({
    name: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
    message,
  }));
  const lines = named.map(({ name, message }) => (name ? `${name}: ${message}` : message));
  const field = named.length === 1 && named[0]?.name ? { field: named[0].name } : {};
  throw new AuthError('invalid_request', { message: lines.join('; '), ...field });
}

function throughClass(metatype: Type<object>): (rest: Record<string, unknown>) => Promise<unknown> {
  const pipe = new ValidationPipe({ transform: true, whitelist: true });
  return async (rest) => {
    try {
      return await pipe.transform(rest, { type: 'body', metatype });
    } catch (error) {
      if (!(error instanceof BadRequestException)) throw error;
      const { message } = error.getResponse() as { readonly message?: string | readonly string[] };
      throw new AuthError('invalid_request', { message: [message ?? []].flat().join('; ') });
    }
  };
}
