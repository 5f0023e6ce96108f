import type { ArgumentsHost } from '@nestjs/common';
import { AuthError } from '../../core/auth-error.js';
import { AuthException, logFailure, refusal } from '../auth-exception.js';
import type { AuthRequest } from '../token-transport.js';
import { graphql } from './graphql/graphql.js';
import { message } from './message/message.js';
import type { Closer, Transport } from './transport.js';
import type { Handshake } from './web-socket/handshake.js';
import { webSocket } from './web-socket/web-socket.js';

/** Every way into an app but HTTP, by the name that Nest gives its context. Any other is refused. */
export class Transports {
  private constructor(private readonly byContext: ReadonlyMap<string, Transport>) {}

  /** Nest loads these packages itself where they are installed; an app without them needs none of their errors. */
  static async load(handshake: Handshake): Promise<Transports> {
    const [websockets, microservices] = await Promise.all([
      import('@nestjs/websockets').catch(() => undefined),
      import('@nestjs/microservices').catch(() => undefined),
    ]);
    return new Transports(
      new Map([
        ['graphql', graphql(handshake)],
        ['ws', webSocket(handshake, websockets?.WsException)],
        ['rpc', message(microservices?.RpcException)],
      ]),
    );
  }

  /** The part of a call that shows who is calling. @throws AuthError `unsupported_context` where there is none */
  requestOf(host: ArgumentsHost): AuthRequest {
    const transport = this.#of(host);
    if (!transport) throw new AuthError('unsupported_context');
    return transport.requestOf(host);
  }

  /** What a guard throws: our refusals as the caller's transport knows them, everything else untouched. */
  refusal(error: unknown, host: ArgumentsHost): unknown {
    const transport = this.#of(host);
    if (!transport || !(error instanceof AuthError)) return refusal(error);
    const exception = new AuthException(error);
    // Over HTTP the filter sees it; here it goes out as another library's exception.
    logFailure(exception);
    return transport.refusal(exception, host);
  }

  /** What an exception filter answers. @throws the exception where nobody knows how to answer */
  answer(exception: AuthException, host: ArgumentsHost): unknown {
    const transport = this.#of(host);
    if (!transport) throw exception;
    return transport.answer(exception, host);
  }

  /** How to end what a call opens, if it opens something that stays. */
  closerOf(host: ArgumentsHost): Closer | undefined {
    return this.#of(host)?.closerOf?.(host);
  }

  #of(host: ArgumentsHost): Transport | undefined {
    return this.byContext.get(host.getType<string>());
  }
}
