import { type AuthDescription, describeAuth, JwtAuthGuard } from '@acme/nest-auth';
import { type INestApplication, Logger } from '@nestjs/common';
import { type OpenAPIObject, type SwaggerDocumentOptions, SwaggerModule } from '@nestjs/swagger';
import { authRoutes, type RouteText } from './auth-routes.js';
import { refusalResponses } from './refusals.js';
import { registrationModels } from './registration-schema.js';
import { merged, type Requirement, requirementOf } from './requirement.js';
import { type DocumentConfig, operationsOf, type Route, RouteFinder } from './route-finder.js';
import { AuthSchemas, type Json } from './schemas.js';

export interface AuthDocumentOptions extends SwaggerDocumentOptions {
  /** The name of the security scheme for access tokens. One that the app has declared stays as it is. @default 'bearer' */
  readonly bearer?: string;
}

const BEARER = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const;

/**
 * `SwaggerModule.createDocument`, and who may call what: every operation's `security`, refusals and needed roles come
 * from the same reading of `@Public()`, `@Roles()` … that the guard goes by, and the library's own routes are described.
 * What the app documents by hand stays.
 *
 * @example
 * ```ts
 * const config = new DocumentBuilder().setTitle('Notes').build();
 * SwaggerModule.setup('docs', app, () => createAuthDocument(app, config));
 * ```
 * @throws AuthError `invalid_configuration` when the app does not import `AuthModule`
 */
export function createAuthDocument(
  app: INestApplication,
  config: DocumentConfig,
  { bearer = 'bearer', ...options }: AuthDocumentOptions = {},
): OpenAPIObject {
  const auth = describeAuth(app);
  const extraModels = [...(options.extraModels ?? []), ...registrationModels(auth)];
  const document = SwaggerModule.createDocument(app, config, { ...options, extraModels });
  const schemas = new AuthSchemas(auth, document.openapi, new Set(Object.keys(document.components?.schemas ?? {})));
  const declared = document.components?.securitySchemes ?? {};
  const schemes = { bearer, declared: new Set(Object.keys(declared)), globalGuard: hasGlobalGuard(app) };

  const routes = new RouteFinder(app, config, options).find();
  const texts = authRoutes(auth, schemas);
  const undeclared = new Set<string>();
  for (const [key, operation] of operationsOf(document)) {
    const requirement = requirementOf(routes.get(key) ?? [], schemes);
    const text = textOf(routes.get(key) ?? [], auth, texts);
    if (text) describe(operation, text);
    require(operation, requirement);
    const refusals = refusalResponses(merged(requirement.refusals, text?.refusals ?? {}), schemas);
    operation.responses = { ...refusals, ...(operation.responses as Json) };
    for (const name of requirement.undeclared) undeclared.add(name);
  }
  warnAbout(undeclared);

  document.components = {
    ...document.components,
    securitySchemes: { [bearer]: BEARER, ...declared },
    schemas: { ...document.components?.schemas, ...(schemas.usedIn(document) as object) },
  };
  return document;
}

/** Whether `JwtAuthGuard`, or what a test has put in its place, runs before every handler. */
function hasGlobalGuard(app: INestApplication): boolean {
  const { config } = app as unknown as { readonly config?: { getGlobalGuards?(): readonly unknown[] } };
  return config?.getGlobalGuards?.().includes(app.get(JwtAuthGuard, { strict: false })) ?? false;
}

/** The text of a route of the library or of a feature, unless the operation also stands for one of the app's. */
function textOf(
  routes: readonly Route[],
  auth: AuthDescription,
  texts: Readonly<Record<string, RouteText>>,
): RouteText | undefined {
  const [route, ...others] = routes;
  if (!route || others.length > 0) return undefined;
  const name = auth.routeOf(route.controller, route.name);
  if (name !== undefined) return texts[name];
  const own = auth.featureRouteOf(route.controller, route.name);
  return own && { refusals: {}, ...own };
}

function describe(operation: Json, { summary, body, status, description, answer, parameters = {} }: RouteText): void {
  operation.summary = summary;
  if (Array.isArray(operation.tags)) operation.tags = ['auth'];
  if (body) operation.requestBody = { required: true, content: { 'application/json': { schema: body } } };
  else delete operation.requestBody;
  operation.parameters = ((operation.parameters as Json[] | undefined) ?? []).map((parameter) => {
    const schema = parameter.in === 'path' ? parameters[String(parameter.name)] : undefined;
    return schema ? { ...parameter, schema } : parameter;
  });
  const content = answer ? { content: { 'application/json': { schema: answer } } } : {};
  operation.responses = { ...(operation.responses as Json), [status]: { description, ...content } };
}

function require(operation: Json, { security, notes }: Requirement): void {
  if (security) operation.security ??= security;
  if (notes.length === 0) return;
  operation.description = [operation.description, notes.join(' ')].filter(Boolean).join('\n\n');
}

function warnAbout(strategies: ReadonlySet<string>): void {
  for (const name of strategies) {
    new Logger('AuthModule').warn(
      `The OpenAPI document has no security scheme '${name}', so operations with @Authenticated('${name}') do not name it; add one to the DocumentBuilder.`,
    );
  }
}
