import type { ArgumentsHost } from '@nestjs/common';
import { of, throwError } from 'rxjs';
import { AuthError } from '../../core/errors/auth-error.js';
import type { AuthException } from '../../http/auth-exception.js';
import type { Transport } from '../transport.js';
import { endStreamCall, type GrpcMetadata, isGrpcMetadata, StreamCallEnded, streamCallOf } from './grpc-stream-call.js';

/** How contexts of @nestjs/microservices give access to headers: each has one of these methods. */
interface HeaderContext {
  /** NATS */
  getHeaders?(): { get?(name: string): unknown } | undefined;
  /** RabbitMQ keeps headers in the properties, Kafka beside the value. */
  getMessage?(): { readonly properties?: { readonly headers?: object }; readonly headers?: object } | undefined;
  /** MQTT 5 */
  getPacket?(): { readonly properties?: { readonly userProperties?: object } } | undefined;
  /** TCP and Redis, since Nest 12: what the client's dispatch hook added to the message. */
  getMetadata?(): object | undefined;
}

/** gRPC's status codes by HTTP status. */
const GRPC_STATUS: Readonly<Record<number, number>> = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 5, // NOT_FOUND
  409: 6, // ALREADY_EXISTS
  429: 8, // RESOURCE_EXHAUSTED
  503: 14, // UNAVAILABLE
};
const GRPC_INTERNAL = 13;

/**
 * Messages carry the token in a header `authorization` if their transport has headers: gRPC's metadata, NATS, RabbitMQ,
 * Kafka, MQTT 5. TCP and Redis have no headers before Nest 12, and since then only one set for a whole client, so the
 * token may also be a member of the message.
 *
 * @param RpcException of @nestjs/microservices; `undefined` if it is not installed
 */
export function message(RpcException: (new (error: object) => Error) | undefined): Transport {
  return {
    requestOf(host) {
      const authorization = authorizationOf(host);
      return { headers: typeof authorization === 'string' ? { authorization } : {} };
    },

    exceptionFor(exception, host) {
      const error = errorOf(exception, host);
      const call = streamCallOf(host);
      if (call) {
        endStreamCall(call, error);
        return new StreamCallEnded();
      }
      return RpcException ? new RpcException(error) : exception;
    },

    answer(exception, host) {
      const error = errorOf(exception, host);
      const call = streamCallOf(host);
      if (!call) return throwError(() => error);
      endStreamCall(call, error);
      return of(undefined);
    },
  };
}

function authorizationOf(host: ArgumentsHost): unknown {
  const metadata = grpcMetadataOf(host);
  if (metadata) return metadata.get('authorization')[0];
  const context = host.getArgByIndex<unknown>(1);
  if (typeof context !== 'object' || context === null) {
    throw new AuthError('unsupported_context', { message: 'This message has no context.' });
  }
  const { getHeaders, getMessage, getPacket, getMetadata } = context as HeaderContext;
  if (getHeaders) return natsHeaderOf(getHeaders.call(context));
  if (getMessage) return headerOf(getMessage.call(context));
  if (getPacket) return own(getPacket.call(context)?.properties?.userProperties);
  return own(getMetadata?.call(context)) ?? own(host.getArgByIndex<unknown>(0));
}

function grpcMetadataOf(host: ArgumentsHost): GrpcMetadata | undefined {
  const context = host.getArgByIndex<unknown>(1);
  return isGrpcMetadata(context) ? context : streamCallOf(host)?.metadata;
}

function natsHeaderOf(headers: ReturnType<NonNullable<HeaderContext['getHeaders']>>): unknown {
  return headers?.get?.('authorization') || headers?.get?.('Authorization');
}

function headerOf(delivered: ReturnType<NonNullable<HeaderContext['getMessage']>>): unknown {
  const value = own(delivered?.properties?.headers ?? delivered?.headers);
  return Buffer.isBuffer(value) ? value.toString() : value;
}

/** Brokers keep the case of names; these are the spellings that clients use. */
function own(carrier: unknown): unknown {
  if (typeof carrier !== 'object' || carrier === null) return undefined;
  const name = ['authorization', 'Authorization'].find((candidate) => Object.hasOwn(carrier, candidate));
  return name === undefined ? undefined : (carrier as Readonly<Record<string, unknown>>)[name];
}

function errorOf(exception: AuthException, host: ArgumentsHost): object {
  const incoming = grpcMetadataOf(host);
  if (!incoming) return { status: 'error', ...(exception.getResponse() as object) };
  const { message } = exception.getResponse() as { readonly message: string };
  const { retryAfter, maxAge } = exception.error;
  // grpc-js accepts only its own class, which is also the class of the incoming metadata.
  const metadata = new (incoming.constructor as new () => GrpcMetadata)();
  metadata.set('error-code', exception.code);
  if (retryAfter !== undefined) metadata.set('retry-after', String(retryAfter));
  if (maxAge !== undefined) metadata.set('max-age', String(maxAge));
  return { code: GRPC_STATUS[exception.getStatus()] ?? GRPC_INTERNAL, details: message, message, metadata };
}
