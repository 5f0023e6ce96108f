import type { AuthDescription } from '@acme/nest-auth';

/** OpenAPI as JSON: the types differ between the versions of swagger, the JSON does not. */
export type Json = Record<string, unknown>;

const NAMES = [
  'AuthRefusal',
  'AuthTokens',
  'AuthAccessToken',
  'AuthTokensByCookie',
  'AuthChallenge',
  'AuthProfile',
  'AuthSession',
] as const;
export type SchemaName = (typeof NAMES)[number];

const text = { type: 'string' };
const seconds = { type: 'integer', minimum: 0, description: 'In seconds.' };

/** The components that the library's operations refer to, under names that the app does not use. */
export class AuthSchemas {
  readonly #names: ReadonlyMap<SchemaName, string>;

  constructor(
    private readonly auth: AuthDescription,
    private readonly openapi: string,
    taken: ReadonlySet<string>,
  ) {
    this.#names = new Map(NAMES.map((name) => [name, free(name, taken)]));
  }

  ref(name: SchemaName): Json {
    return { $ref: `#/components/schemas/${this.#names.get(name)}` };
  }

  /** `null` has no type of its own before OpenAPI 3.1. */
  nullable(schema: { readonly type: string }): Json {
    return this.isJsonSchema ? { ...schema, type: [schema.type, 'null'] } : { ...schema, nullable: true };
  }

  /** A schema of a feature. It says `nullable: true`, as OpenAPI 3.0 does, which later versions do not know. */
  ofFeature(schema: Json): Json {
    if (!this.isJsonSchema) return schema;
    return JSON.parse(JSON.stringify(schema), (_key, value) => {
      if (value?.nullable !== true || typeof value.type !== 'string') return value;
      const { nullable: _, ...rest } = value;
      return this.nullable(rest);
    });
  }

  /** From OpenAPI 3.1 on, schemas are JSON Schema 2020-12. */
  get isJsonSchema(): boolean {
    return !this.openapi.startsWith('3.0');
  }

  /** The components that the document refers to. */
  usedIn(document: unknown): Json {
    const json = JSON.stringify(document);
    const all = this.#all();
    return Object.fromEntries(
      NAMES.filter((name) => json.includes(JSON.stringify(this.ref(name).$ref))).map((name) => [
        this.#names.get(name),
        all[name],
      ]),
    );
  }

  #all(): Record<SchemaName, Json> {
    const { access_token, refresh_token, token_type, expires_in } = this.auth.tokenFields;
    return {
      AuthRefusal: object(
        {
          ...{ statusCode: { type: 'integer' }, error: text, code: this.#codes(), message: text, field: text },
          max_age: { ...seconds, description: 'The maximum age of a login, in seconds (RFC 9470).' },
        },
        'field',
        'max_age',
      ),
      AuthTokens: object({
        [access_token]: text,
        [token_type]: { type: 'string', enum: ['Bearer'] },
        [expires_in]: seconds,
        [refresh_token]: text,
      }),
      AuthAccessToken: object({
        [access_token]: text,
        [token_type]: { type: 'string', enum: ['Bearer'] },
        [expires_in]: seconds,
      }),
      // Closed, or the other answers would match this schema too.
      AuthTokensByCookie: { ...object({ [expires_in]: seconds }), additionalProperties: false },
      AuthChallenge: object({ challenge: text, challenge_token: text, expires_in: seconds }),
      AuthProfile: {
        ...object(
          { id: text, [this.auth.loginField]: text, roles: list(text), permissions: list(text) },
          'permissions',
        ),
        additionalProperties: true,
      },
      AuthSession: object(
        {
          id: { type: 'string', format: 'uuid' },
          createdAt: { type: 'string', format: 'date-time' },
          lastUsedAt: { type: 'string', format: 'date-time' },
          userAgent: this.nullable(text),
          ip: this.nullable(text),
          methods: { ...list(text), description: 'How the user logged in (RFC 8176).' },
          authenticatedAt: { type: 'string', format: 'date-time' },
          actorId: { ...text, description: "The id of the user who acts in this user's place." },
          current: { type: 'boolean', description: 'Whether it is the session of this request.' },
        },
        'actorId',
      ),
    };
  }

  #codes(): Json {
    return { type: 'string', enum: this.auth.errorCodes };
  }
}

function free(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? free(`Nest${name}`, taken) : name;
}

export const list = (items: Json): Json => ({ type: 'array', items });

export type ObjectSchema = Json & { readonly properties: Json; readonly required?: readonly string[] };

/** An object whose properties are all required, except for the named ones. */
export function object(properties: Json, ...optional: readonly string[]): ObjectSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  // OpenAPI 3.0 does not allow an empty list.
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}
