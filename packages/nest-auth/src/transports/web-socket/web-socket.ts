import type { AuthRequest } from '../../core/auth-request.js';
import { AuthError } from '../../core/errors/auth-error.js';
import type { AuthException } from '../../http/auth-exception.js';
import type { Transport } from '../transport.js';

type Headers = AuthRequest['headers'];

/** What a socket.io client sent when it connected. */
interface IoHandshake {
  readonly headers: Headers;
  readonly address?: string;
  readonly auth?: { readonly token?: unknown };
}

/** A client of socket.io, or of ws. */
export interface SocketClient {
  readonly handshake?: IoHandshake;
  readonly readyState?: number;
  emit(event: string, ...data: readonly unknown[]): unknown;
  send?(text: string): void;
}

/** The request that opened a WebSocket. */
export interface UpgradeRequest {
  readonly headers: Headers;
  readonly socket?: { readonly remoteAddress?: string | undefined };
}

const upgrades = new WeakMap<object, UpgradeRequest>();

/** Remembers the request that opened a client of ws, because ws does not. */
export function keepUpgrade(client: object, request: UpgradeRequest): void {
  upgrades.set(client, request);
}

/** @throws AuthError `unsupported_context` for a client that is neither of socket.io nor of ws */
export function requestOfClient(client: SocketClient): AuthRequest {
  if (client.handshake) {
    const { headers, address, auth } = client.handshake;
    const authorization = typeof auth?.token === 'string' ? { authorization: `Bearer ${auth.token}` } : {};
    return { headers: { ...headers, ...authorization }, ip: address };
  }
  const upgrade = upgrades.get(client);
  if (upgrade) return requestOfUpgrade(upgrade);
  throw new AuthError('unsupported_context', { message: 'The request that opened this WebSocket is unknown.' });
}

export function requestOfUpgrade({ headers, socket }: UpgradeRequest): AuthRequest {
  return { headers, ip: socket?.remoteAddress };
}

/** What a client receives: the event `exception`, which Nest uses for every error in a gateway. */
export function exceptionDataOf(exception: AuthException): object {
  return { status: 'error', ...(exception.getResponse() as object) };
}

export function sendException(client: SocketClient, exception: AuthException): void {
  const data = exceptionDataOf(exception);
  // A client of ws is an EventEmitter too, but its `emit` sends nothing.
  if (typeof client.readyState === 'number') client.send?.(JSON.stringify({ event: 'exception', data: data }));
  else client.emit('exception', data);
}

/** Marks a WsException of the guard, so that filters recognise it by `instanceof`. */
export abstract class RefusedMessage {
  static readonly #refused = new WeakMap<object, AuthException>();

  static keep<T extends object>(thrown: T, exception: AuthException): T {
    RefusedMessage.#refused.set(thrown, exception);
    return thrown;
  }

  static of(thrown: unknown): AuthException | undefined {
    return RefusedMessage.#refused.get(thrown as object);
  }

  static [Symbol.hasInstance](thrown: unknown): boolean {
    return RefusedMessage.of(thrown) !== undefined;
  }
}

/** @param WsException of @nestjs/websockets; `undefined` if it is not installed */
export function webSocket(WsException: (new (error: object) => Error) | undefined): Transport {
  return {
    requestOf: (host) => requestOfClient(host.getArgByIndex<SocketClient>(0)),
    exceptionFor: (exception) =>
      WsException ? RefusedMessage.keep(new WsException(exceptionDataOf(exception)), exception) : exception,
    answer: (exception, host) => sendException(host.getArgByIndex<SocketClient>(0), exception),
  };
}
