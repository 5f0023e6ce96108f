import { type AuthDescription, describeAuth, JwtAuthGuard } from '@acme/nest-auth';
import { type INestApplication, Logger } from '@nestjs/common';
import { type OpenAPIObject, type SwaggerDocumentOptions, SwaggerModule } from '@nestjs/swagger';
import { addedRefusals } from './added-refusals.js';
import { authRoutes, type RouteText } from './auth-routes.js';
import { cookieRefusals } from './cookie-refusals.js';
import { merged, refusalResponses } from './refusals.js';
import { registrationModels } from './registration-schema.js';
import { type Requirement, requirementOf, type Security } from './requirement.js';
import { type DocumentConfig, operationsOf, type Route, RouteFinder } from './route-finder.js';
import { AuthSchemas, type Json } from './schemas.js';
import { type TokenAnswer, tokenAnswer } from './token-answer.js';

export interface AuthDocumentOptions extends SwaggerDocumentOptions {
  /** The name of the security scheme for access tokens. The app's own scheme does not change. @default 'bearer' */
  readonly bearer?: string;
  /** The same for the cookie with the access token. @default 'cookieAuth' */
  readonly cookie?: string;
}

/**
 * `SwaggerModule.createDocument` with who may call what: it reads `@Public()`, `@Roles()` … as the guard does, and adds
 * `security`, refusals and needed roles to every operation. It also describes the library's own routes. What the app
 * documents by hand does not change.
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
  { bearer = 'bearer', cookie = 'cookieAuth', ...options }: AuthDocumentOptions = {},
): OpenAPIObject {
  const auth = describeAuth(app);
  const extraModels = [...(options.extraModels ?? []), ...registrationModels(auth)];
  const document = SwaggerModule.createDocument(app, config, { ...options, extraModels });
  const schemas = new AuthSchemas(auth, document.openapi, new Set(Object.keys(document.components?.schemas ?? {})));
  const declared = document.components?.securitySchemes ?? {};
  const accessSchemes = accessSchemesOf(auth, bearer, cookie);
  const schemes = {
    access: Object.keys(accessSchemes),
    declared: new Set(Object.keys(declared)),
    credentials: auth.credentials,
    globalGuard: hasGlobalGuard(app),
  };

  const routes = new RouteFinder(app, config, options).find();
  const texts = authRoutes(auth, schemas);
  const undeclared = new Set<string>();
  for (const [key, operation, method] of operationsOf(document)) {
    const handlers = routes.get(key) ?? [];
    const text = textOf(handlers, auth, texts);
    const requirement = asked(requirementOf(handlers, schemes), text, schemes.access);
    if (text) describe(operation, text, answerOf(text, auth, schemas));
    require(operation, requirement);
    const byCookie = cookieRefusals(method, handlers, requirement, auth);
    const own = text?.refusals ?? {};
    const refusals = merged(requirement.refusals, own, addedRefusals(own, auth), byCookie);
    operation.responses = { ...refusalResponses(refusals, schemas), ...(operation.responses as Json) };
    for (const name of requirement.undeclared) undeclared.add(name);
  }
  warnAbout(undeclared);

  document.components = {
    ...document.components,
    securitySchemes: { ...accessSchemes, ...credentialSchemesOf(auth, document), ...declared },
    schemas: { ...document.components?.schemas, ...(schemas.usedIn(document) as object) },
  };
  return document;
}

/** The security schemes of access tokens, by name. */
function accessSchemesOf({ transport, cookies }: AuthDescription, bearer: string, cookie: string) {
  return {
    ...(transport === 'cookie' ? {} : { [bearer]: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const }),
    ...(transport === 'bearer' ? {} : { [cookie]: { type: 'apiKey', in: 'cookie', name: cookies.access } as const }),
  };
}

/** The security schemes of features' credentials that an operation names. */
function credentialSchemesOf({ credentials }: AuthDescription, document: OpenAPIObject) {
  const named = new Set(
    [...operationsOf(document)].flatMap(([, { security }]) => ((security ?? []) as Json[]).flatMap(Object.keys)),
  );
  const described = [...credentials.values()].flatMap((one) =>
    one && named.has(one.scheme) ? [[one.scheme, one.definition] as const] : [],
  );
  return Object.fromEntries(described) as Record<string, never>;
}

/** Whether `JwtAuthGuard`, or a test's replacement of it, runs before every handler. */
function hasGlobalGuard(app: INestApplication): boolean {
  const { config } = app as unknown as { readonly config?: { getGlobalGuards?(): readonly unknown[] } };
  return config?.getGlobalGuards?.().includes(app.get(JwtAuthGuard, { strict: false })) ?? false;
}

/** The text of a route of the library or of a feature, unless the operation also describes a route of the app. */
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

/** A route that is open to everybody may still read a token, so clients should send it. */
function asked(requirement: Requirement, text: RouteText | undefined, access: readonly string[]): Requirement {
  if (!text?.readsToken) return requirement;
  const security: Security = [...access.map((name) => ({ [name]: [] })), {}];
  return { ...requirement, security, readsToken: true };
}

function answerOf({ answer }: RouteText, auth: AuthDescription, schemas: AuthSchemas): Partial<TokenAnswer> {
  if (answer === undefined) return {};
  return typeof answer === 'string' ? tokenAnswer(answer, auth, schemas) : { answer: schemas.ofFeature(answer) };
}

function describe(operation: Json, text: RouteText, { answer, headers, parameter }: Partial<TokenAnswer>): void {
  const { summary, body, needsBody = true, status, description, parameters = {} } = text;
  operation.summary = summary;
  if (Array.isArray(operation.tags)) operation.tags = ['auth'];
  if (body) operation.requestBody = { required: needsBody, content: { 'application/json': { schema: body } } };
  else delete operation.requestBody;
  const found = ((operation.parameters as Json[] | undefined) ?? []).map((one) => {
    const schema = one.in === 'path' ? parameters[String(one.name)] : undefined;
    return schema ? { ...one, schema } : one;
  });
  operation.parameters = [...found, ...(parameter ? [parameter] : [])];
  const content = answer ? { content: { 'application/json': { schema: answer } } } : {};
  const answered = { description, ...(headers ? { headers } : {}), ...content };
  operation.responses = { ...(operation.responses as Json), [status]: answered, ...responseOf(text.otherwise) };
}

function responseOf(otherwise: RouteText['otherwise']): Json {
  if (!otherwise) return {};
  const { status, description, answer } = otherwise;
  return { [status]: { description, content: { 'application/json': { schema: answer } } } };
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
