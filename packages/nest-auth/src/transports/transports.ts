import type { ArgumentsHost } from '@nestjs/common';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import { AuthException, logFailure } from '../http/auth-exception.js';
import { graphql } from './graphql/graphql.js';
import { message } from './message/message.js';
import type { Closer, Transport } from './transport.js';
import { webSocket } from './web-socket/web-socket.js';

/** Every way into an app, by the name that Nest gives its context. Any other is refused. */
export class Transports {
  private constructor(
    private readonly http: Transport,
    private readonly others: ReadonlyMap<string, Transport>,
  ) {}

  /** Nest loads these packages itself if they are installed; an app without them needs none of their errors. */
  static async load(http: Transport): Promise<Transports> {
    const [websockets, microservices] = await Promise.all([
      import('@nestjs/websockets').catch(() => undefined),
      import('@nestjs/microservices').catch(() => undefined),
    ]);
    return new Transports(
      http,
      new Map([
        ['graphql', graphql],
        ['ws', webSocket(websockets?.WsException)],
        ['rpc', message(microservices?.RpcException)],
      ]),
    );
  }

  /** The part of a call that shows who is calling. @throws AuthError `unsupported_context` if there is none */
  requestOf(host: ArgumentsHost): AuthRequest {
    const transport = this.#of(host);
    if (!transport) throw new AuthError('unsupported_context');
    return transport.requestOf(host);
  }

  /** What a guard throws: an `AuthError` in the form of the caller's transport, any other error unchanged. */
  exceptionFor(error: unknown, host: ArgumentsHost): unknown {
    if (!(error instanceof AuthError)) return error;
    const exception = new AuthException(error);
    const transport = this.#of(host);
    if (!transport) return exception;
    // Over HTTP the filter logs it; elsewhere it becomes another library's exception, which the filter does not see.
    if (transport !== this.http) logFailure(exception);
    return transport.exceptionFor(exception, host);
  }

  /** What an exception filter answers. @throws the exception if no transport knows how to answer */
  answer(exception: AuthException, host: ArgumentsHost): unknown {
    const transport = this.#of(host);
    if (!transport) throw exception;
    return transport.answer(exception, host);
  }

  /** How to end the connection that a call opened, if it stays open. */
  closerOf(host: ArgumentsHost): Closer | undefined {
    return this.#of(host)?.closerOf?.(host);
  }

  /** HTTP first: nearly every call is HTTP, and its guard must be fast. */
  #of(host: ArgumentsHost): Transport | undefined {
    const type = host.getType<string>();
    return type === 'http' ? this.http : this.others.get(type);
  }
}
