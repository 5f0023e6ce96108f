import { type AuthDocumentOptions, createAuthDocument } from '@acme/nest-auth/openapi';
import { expect } from '@jest/globals';
import { DocumentBuilder, type OpenAPIObject } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { TestApp } from './app.js';

/** The parts of an operation that the tests check. */
export interface Operation {
  readonly security?: Record<string, string[]>[];
  readonly description?: string;
  readonly summary?: string;
  readonly tags?: string[];
  readonly operationId?: string;
  readonly parameters?: Record<string, unknown>[];
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it documented
  readonly requestBody?: any;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it documented
  readonly responses: Record<string, any>;
}

export const BEARER = [{ bearer: [] }];
export const OPTIONAL = [{ bearer: [] }, {}];

/** The schema of a body or an answer. */
export const schemaOf = (place: { content: Record<string, { schema: Record<string, unknown> }> }) =>
  place.content['application/json']!.schema;

/** The codes of the refusals with this status. */
export const codesOf = ({ responses }: Operation, status: number): string[] =>
  (schemaOf(responses[status]).allOf as { properties: { code: { enum: string[] } } }[])[1]!.properties.code.enum;

/** A document that the OpenAPI schema of its version accepts, without our internal extensions. */
export async function documentOf(
  { app }: Pick<TestApp, 'app'>,
  config: Omit<OpenAPIObject, 'paths'> = new DocumentBuilder().build(),
  options?: AuthDocumentOptions,
) {
  const document = createAuthDocument(app, config, options);
  const json = JSON.stringify(document);
  expect(await new Validator().validate(JSON.parse(json, withoutSearch))).toEqual({ valid: true });
  expect(json).not.toContain('x-acme');
  const at = (method: string, path: string) => operationAt(document, method, path);
  return { document, at, security: securityOf(document) };
}

/** Swagger documents `@All()` with a method that no version of OpenAPI has. */
function withoutSearch(key: string, value: unknown): unknown {
  return key === 'search' ? undefined : value;
}

function operationAt(document: OpenAPIObject, method: string, path: string): Operation {
  const operation = (document.paths[path] as Record<string, unknown> | undefined)?.[method];
  if (!operation) throw new Error(`${method} ${path} is not among ${Object.keys(document.paths).join(', ')}`);
  return operation as Operation;
}

/** The security of every operation, as `{ 'get /path': security }`. */
function securityOf(document: OpenAPIObject): Record<string, Operation['security']> {
  return Object.fromEntries(
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => [`${method} ${path}`, (operation as Operation).security]),
    ),
  );
}
