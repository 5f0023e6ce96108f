import type { AuthError } from '../../core/errors/auth-error.js';
import { closeCodeOf } from '../close-code.js';
import type { Closer } from '../transport.js';
import { type Fields, isObject } from './resolver-call.js';

/** A client of ws. */
interface WebSocket {
  readonly readyState: number;
  readonly _socket?: object;
  close(code: number, reason: string): void;
  once(event: 'close', listener: () => void): unknown;
}

interface WebSocketServer {
  readonly clients: Iterable<WebSocket>;
  on(event: 'connection', listener: (client: WebSocket) => void): unknown;
}

interface TcpSocket {
  readonly destroyed: boolean;
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** graphql-ws's 'Forbidden'. After this code, its client asks for a token and tries again; after 4401, it gives up. */
const TRY_WITH_A_NEW_TOKEN = 4403;
const OPEN = 1;

/** Ends a WebSocket by a closing handshake, so that the client learns the reason. */
export function byHandshake(socket: WebSocket): Closer {
  return {
    socket,
    isOpen: socket.readyState === OPEN,
    close: (error) => socket.close(subscriptionCloseCode(error), error.code),
    onClose: (forget) => socket.once('close', forget),
  };
}

/** Ends a connection over TCP, or by a closing handshake if it is a WebSocket of @fastify/websocket. */
export function byTcp(socket: TcpSocket, app: unknown): Closer {
  const above = webSocketOn(socket, app);
  if (above) return byHandshake(above);
  return {
    socket,
    isOpen: !socket.destroyed,
    // Not `end`: a client that keeps its half open would stay connected.
    close: () => void socket.destroy(),
    onClose: (forget) => socket.once('close', forget),
  };
}

export function isWebSocket(value: unknown): value is WebSocket {
  return isObject(value) && typeof value.readyState === 'number' && typeof value.close === 'function';
}

export function isTcpSocket(value: unknown): value is TcpSocket {
  return isObject(value) && typeof value.destroy === 'function';
}

function subscriptionCloseCode(error: AuthError): number {
  return error.code === 'token_expired' ? TRY_WITH_A_NEW_TOKEN : closeCodeOf(error);
}

const watched = new WeakSet<object>();
const webSockets = new WeakMap<object, WebSocket>();

/** mercurius passes the app and the request to its resolvers, but not the WebSocket. */
function webSocketOn(socket: object, app: unknown): WebSocket | undefined {
  const server = isObject(app) ? app.websocketServer : undefined;
  if (isObject(server) && 'clients' in server && !watched.has(server)) watch(server as Fields & WebSocketServer);
  return webSockets.get(socket);
}

function watch(server: Fields & WebSocketServer): void {
  watched.add(server);
  const learn = (client: WebSocket) => client._socket && webSockets.set(client._socket, client);
  for (const client of server.clients) learn(client);
  server.on('connection', learn);
}
