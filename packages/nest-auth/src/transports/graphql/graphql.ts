import { type ArgumentsHost, IntrinsicException } from '@nestjs/common';
import type { AuthRequest } from '../../core/auth-request.js';
import { AuthError } from '../../core/errors/auth-error.js';
import type { AuthException } from '../../http/auth-exception.js';
import type { Closer, Transport } from '../transport.js';
import { isRequest } from './operation-caller.js';
import { type Fields, isObject, resolverCallOf } from './resolver-call.js';
import { byHandshake, byTcp, isTcpSocket, isWebSocket } from './subscription-socket.js';

type Headers = AuthRequest['headers'];

/**
 * graphql-js copies `extensions` from any error, so none of its classes is needed. It is not an HttpException: Nest's
 * `autoTransformHttpErrors` would replace its code. It is intrinsic, so that Nest does not log each refusal.
 */
class GraphqlRefusal extends IntrinsicException {
  override readonly name = 'AuthError';
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(exception: AuthException) {
    super(exception.message, { cause: exception.error });
    const { retryAfter, maxAge } = exception.error;
    this.extensions = {
      code: exception.code,
      http: { status: exception.getStatus() },
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(maxAge === undefined ? {} : { max_age: maxAge }),
    };
  }
}

/**
 * Queries and mutations carry the HTTP request in their context, as @nestjs/apollo and @nestjs/mercurius put it there.
 * Operations over graphql-ws show what the client sent to open the connection: its parameters, or else the headers.
 */
export const graphql: Transport = {
  requestOf(host) {
    const { context } = resolverCallOf(host);
    const request = context && (connectionRequest(context) ?? httpRequest(context));
    if (!request) {
      throw new AuthError('unsupported_context', {
        message: 'The GraphQL context has no request of its own; let `context` return it as `req`.',
      });
    }
    if (isSubscription(host) && !closerOf(context)) {
      throw new AuthError('unsupported_context', {
        message: 'The GraphQL context has no socket, so this subscription could not be ended.',
      });
    }
    return request;
  },

  exceptionFor: (exception) => new GraphqlRefusal(exception),

  answer(exception) {
    // Thrown, because the result of a filter would become the events of a subscription.
    throw new GraphqlRefusal(exception);
  },

  closerOf(host) {
    const { context } = resolverCallOf(host);
    return context && isSubscription(host) ? closerOf(context) : undefined;
  },
};

function isSubscription(host: ArgumentsHost): boolean {
  return resolverCallOf(host).info?.operation?.operation === 'subscription';
}

function httpRequest({ req, request, reply }: Fields): AuthRequest | undefined {
  const found = [req, request].find(isRequest);
  const own = isObject(reply) && isRequest(reply.request) ? reply.request : found;
  // @nestjs/mercurius leaves the first request in a context that all of them share.
  return found === own || found === own?.raw ? found : undefined;
}

/** The opening request that graphql-ws (in the context itself or in its `req`) or mercurius keeps for a connection. */
function connectionRequest(context: Fields): AuthRequest | undefined {
  const connection = connectionOf(context);
  if (connection) return opened(connection.extra.request, connection.connectionParams);
  return '_connectionInit' in context ? opened(context.request, context._connectionInit) : undefined;
}

interface Connection extends Fields {
  readonly extra: Fields;
}

function connectionOf(context: Fields): Connection | undefined {
  return [context.req, context].find((candidate): candidate is Connection => {
    return isObject(candidate) && isObject(candidate.extra) && isRequest(candidate.extra.request);
  });
}

function opened(request: unknown, parameters: unknown): AuthRequest | undefined {
  if (!isRequest(request)) return undefined;
  const authorization = authorizationOf(parameters) ?? authorizationOf(isObject(parameters) && parameters.headers);
  const { remoteAddress } = (request.socket ?? {}) as { readonly remoteAddress?: string };
  const headers = { ...sentHeaders(request), ...(authorization === undefined ? {} : { authorization }) };
  return { headers, ip: request.ip ?? remoteAddress };
}

/** mercurius copies the client's parameters into the headers, where they could look like headers of a proxy. */
function sentHeaders(request: AuthRequest & Fields): Headers {
  const { rawHeaders } = (request.raw ?? request) as { readonly rawHeaders?: readonly string[] };
  const names = new Set(rawHeaders?.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(request.headers).filter(([name]) => names.has(name)));
}

/** Header names are case-insensitive; these are the spellings that clients use. */
function authorizationOf(parameters: unknown): string | undefined {
  if (!isObject(parameters)) return undefined;
  const value = parameters.Authorization ?? parameters.authorization;
  return typeof value === 'string' ? value : undefined;
}

function closerOf(context: Fields): Closer | undefined {
  const webSocket = connectionOf(context)?.extra.socket;
  if (isWebSocket(webSocket)) return byHandshake(webSocket);
  const request = [context.req, context.request].find(isRequest);
  const { socket } = (request?.raw ?? request ?? {}) as { readonly socket?: unknown };
  return isTcpSocket(socket) ? byTcp(socket, context.app) : undefined;
}
