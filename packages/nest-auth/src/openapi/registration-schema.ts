import type { AuthDescription } from '@acme/nest-auth';
import { getSchemaPath } from '@nestjs/swagger';
import type { AuthSchemas, Json, ObjectSchema } from './schemas.js';

/** The JSON Schema part of a Standard Schema, if its library has it. */
interface JsonSchemaSource {
  readonly '~standard': { readonly jsonSchema?: { input(options: { readonly target: string }): Json } };
}

/** The app's own class, which swagger describes if it has `@ApiProperty()`s. */
export function registrationModels({ registrationSchema }: AuthDescription): (new () => object)[] {
  return typeof registrationSchema === 'function' && !('~standard' in registrationSchema)
    ? [registrationSchema as new () => object]
    : [];
}

/**
 * The body of a registration: our fields, and the app's own fields if a schema describes them.
 * @param own the schema of our fields
 */
export function registrationBody(auth: AuthDescription, own: ObjectSchema, schemas: AuthSchemas): Json {
  const { registrationSchema } = auth;
  if (registrationSchema === undefined) return { ...own };
  const [model] = registrationModels(auth);
  if (model) return { allOf: [{ $ref: getSchemaPath(model) }, own] };
  const further = '~standard' in registrationSchema ? jsonOf(registrationSchema, schemas) : undefined;
  if (!further) return { ...own, additionalProperties: true };
  return {
    type: 'object',
    properties: { ...(further.properties as Json), ...own.properties },
    required: [...(own.required ?? []), ...((further.required as string[] | undefined) ?? [])],
  };
}

function jsonOf(registrationSchema: object, { isJsonSchema }: AuthSchemas): Json | undefined {
  const { jsonSchema } = (registrationSchema as JsonSchemaSource)['~standard'];
  try {
    const schema = jsonSchema?.input({ target: isJsonSchema ? 'draft-2020-12' : 'openapi-3.0' });
    // References are relative to the schema's own root, which is not the document's root.
    const embeddable = schema?.type === 'object' && schema.properties && !JSON.stringify(schema).includes('"$ref"');
    return embeddable ? schema : undefined;
  } catch {
    // Some schemas, such as transformations, have no JSON Schema. They are not described.
    return undefined;
  }
}
