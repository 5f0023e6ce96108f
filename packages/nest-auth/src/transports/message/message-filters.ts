import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { AuthError } from '../../core/errors/auth-error.js';
import { AuthException } from '../../http/auth-exception.js';
import { RefusedMessage, type SocketClient, sendException } from '../web-socket/web-socket.js';
import { StreamCallEnded } from './grpc-stream-call.js';

/** For gateways. Before Nest 12, Nest's own filter does not send clients of ws what the guard throws. */
@Catch(AuthError, AuthException, RefusedMessage)
export class GatewayFilter implements ExceptionFilter {
  constructor(private readonly filter: ExceptionFilter) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    const refused = RefusedMessage.of(error);
    return refused ? sendException(host.getArgByIndex<SocketClient>(0), refused) : this.filter.catch(error, host);
  }
}

/**
 * For controllers with message handlers. It does not catch AuthException: the guard throws that on the controller's
 * HTTP routes, where the app's global filters come first, as for any other controller.
 */
@Catch(AuthError, StreamCallEnded)
export class MessageFilter implements ExceptionFilter {
  constructor(private readonly filter: ExceptionFilter) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    return this.filter.catch(error, host);
  }
}
