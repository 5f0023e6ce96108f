import type { AuthRequest } from '../../core/auth-request.js';
import { AuthError } from '../../core/errors/auth-error.js';
import type { Observation } from '../../core/observation/observation.js';
import { type Grants, type PolicyTime, refusalOf } from '../../core/policy/grants.js';
import type { Policy } from '../../core/policy/policy.js';
import type { Principal } from '../../core/policy/principal.js';
import type { LiveConnection, LiveConnections } from '../../core/sessions/live-connections.js';
import { AuthException } from '../../http/auth-exception.js';
import { missingToken } from '../../http/bearer-token.js';
import { challengeOf } from '../challenge.js';
import { closeCodeOf } from '../close-code.js';
import {
  exceptionDataOf,
  keepUpgrade,
  requestOfClient,
  requestOfUpgrade,
  type SocketClient,
  sendException,
  type UpgradeRequest,
} from './web-socket.js';

/** A client of socket.io, as its server passes it. */
interface IoClient extends SocketClient {
  readonly data: { user?: unknown };
  disconnect(close: boolean): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
}

interface IoServer {
  use(middleware: (client: IoClient, next: (error?: Error) => void) => void): unknown;
  prependListener(event: 'connection', listener: (client: IoClient) => void): unknown;
}

interface WsClient extends SocketClient {
  close(code: number, reason: string): void;
  once(event: 'close', listener: () => void): unknown;
}

type Answer = (admitted: boolean, status?: number, body?: string, headers?: Record<string, string>) => void;
type VerifyClient = (info: { readonly req: UpgradeRequest }, answer: Answer) => unknown;

interface WsServer {
  readonly options: { verifyClient?: VerifyClient | null };
  prependListener(event: 'connection', listener: (client: WsClient, request: UpgradeRequest) => void): unknown;
}

/**
 * Finds the caller, as the guard does.
 * @param before the caller when the socket was opened, or last checked
 * @returns `null` without a caller
 * @throws AuthError
 */
export type Authenticate = (policy: Policy, request: AuthRequest, before?: unknown) => unknown;

interface KeptSocket {
  check(before: unknown): Promise<unknown>;
  readonly close: LiveConnection['close'];
}

/**
 * Admits sockets: a client may connect if at least one handler of its server would accept it, and is disconnected when
 * none would accept it any more. A client with an invalid token cannot connect, unless every handler is public.
 */
export class GatewayAdmission {
  readonly #policies = new WeakMap<object, Policy[]>();

  constructor(
    private readonly authenticate: Authenticate,
    private readonly connections: LiveConnections,
    private readonly time: PolicyTime,
    private readonly observation: Observation,
  ) {}

  /** @param server socket.io's (or a namespace of it) or ws's; on any other server, the guard refuses every message */
  watch(server: object, policies: readonly Policy[]): void {
    const known = this.#policies.get(server);
    // Gateways that share a server share its clients.
    if (known) known.push(...policies);
    else this.#open(server, [...policies]);
  }

  #open(server: object, policies: Policy[]): void {
    this.#policies.set(server, policies);
    if ('use' in server) this.#watchIo(server as IoServer, policies);
    else if ('options' in server) this.#watchWs(server as WsServer, policies);
  }

  #watchIo(server: IoServer, policies: readonly Policy[]): void {
    server.use((client, next) => {
      this.#connect(policies, requestOfClient(client)).then((caller) => {
        client.data.user = caller;
        next();
      }, refuseWith(next));
    });
    server.prependListener('connection', (client) => {
      const forget = this.#keep(client.data.user, {
        check: (before) => this.#admit(policies, requestOfClient(client), before),
        close: (error) => {
          sendException(client, new AuthException(error));
          client.disconnect(true);
        },
      });
      client.once('disconnect', forget);
    });
  }

  #watchWs(server: WsServer, policies: readonly Policy[]): void {
    const callers = new WeakMap<object, unknown>();
    const { verifyClient } = server.options;
    server.options.verifyClient = (info, answer) => {
      this.#connect(policies, requestOfUpgrade(info.req)).then((caller) => {
        callers.set(info.req, caller);
        if (!verifyClient) answer(true);
        else if (verifyClient.length > 1) verifyClient(info, answer);
        else answer(Boolean((verifyClient as (info: object) => unknown)(info)));
      }, refuseUpgradeWith(answer));
    };
    server.prependListener('connection', (client, request) => {
      keepUpgrade(client, request);
      const close = (error: AuthError) => {
        sendException(client, new AuthException(error));
        client.close(closeCodeOf(error), error.code);
      };
      // Something opened it without a call of `verifyClient`.
      if (!callers.has(request)) return this.#refuse(close);
      const check = (before: unknown) => this.#admit(policies, requestOfUpgrade(request), before);
      client.once('close', this.#keep(callers.get(request), { check, close }));
    });
  }

  /** @param socket its `check` gets the caller of the previous check */
  #keep(caller: unknown, { check, close }: KeptSocket): () => void {
    if (caller === null || caller === undefined) return () => {};
    let latest: unknown = caller;
    return this.connections.add({
      sessionId: (caller as Partial<Principal>).sessionId,
      check: async () => {
        latest = await check(latest);
      },
      close,
    });
  }

  /** The same as `#admit`, for a socket that is not open yet. */
  #connect(policies: readonly Policy[], request: AuthRequest): Promise<unknown> {
    const { decisions } = this.observation;
    if (decisions === undefined) return this.#admit(policies, request);
    return decisions.watchSocket(() => this.#admit(policies, request));
  }

  /** For a socket that was opened without this check. */
  #refuse(close: (error: AuthError) => void): void {
    const error = new AuthError('missing_token');
    this.observation.decisions?.watchSocket(() => Promise.reject(error)).catch(() => {});
    close(error);
  }

  /** @returns the caller, or `null` if there is none and anonymous clients may connect */
  async #admit(policies: readonly Policy[], request: AuthRequest, before?: unknown): Promise<unknown> {
    if (policies.every(({ access }) => access === 'public')) return null;
    const caller = await this.#callerOf(policies, request, before);
    const asking = policies.filter(({ access }) => access === 'authenticated');
    if (asking.length < policies.length) return caller;
    if (caller === null) throw missingToken(request);
    const refusals = asking.map((policy) => refusalOf(policy, caller as Grants, this.time));
    if (refusals.includes(undefined)) return caller;
    // First the refusal that the user can act on, by logging in again.
    throw refusals.find((refusal) => refusal?.code !== 'insufficient_scope') ?? new AuthError('insufficient_scope');
  }

  /** Handlers may name different strategies; the first one that knows the caller decides. */
  async #callerOf(policies: readonly Policy[], request: AuthRequest, before: unknown): Promise<unknown> {
    const ways = new Map(policies.map((policy) => [String(policy.strategies), policy]));
    let refused: unknown;
    for (const policy of ways.values()) {
      try {
        const caller = await this.authenticate(policy, request, before);
        if (caller !== null && caller !== undefined) return caller;
      } catch (error) {
        refused ??= error;
      }
    }
    if (refused) throw refused;
    return null;
  }
}

/** The client does not see errors other than our refusals. */
function exceptionOf(error: unknown): AuthException {
  return new AuthException(error instanceof AuthError ? error : new AuthError('store_unavailable'));
}

/** The client gets `connect_error` with the code in `data`. */
function refuseWith(next: (error: Error) => void): (error: unknown) => void {
  return (error) => {
    const exception = exceptionOf(error);
    next(Object.assign(new Error(exception.message), { data: exceptionDataOf(exception) }));
  };
}

function refuseUpgradeWith(answer: Answer): (error: unknown) => void {
  return (error) => {
    const exception = exceptionOf(error);
    const { retryAfter } = exception.error;
    answer(false, exception.getStatus(), JSON.stringify(exception.getResponse()), {
      'Content-Type': 'application/json; charset=utf-8',
      ...(exception.getStatus() === 401 ? { 'WWW-Authenticate': challengeOf(exception.error) } : {}),
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    });
  };
}
