import type { ArgumentsHost } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { AuthRequest } from '../core/auth-request.js';
import type { AuthError } from '../core/errors/auth-error.js';
import { challengeOf } from './challenge.js';
import { earlierUserOf } from './earlier-user.js';
import { callerBehind } from './request-user.js';
import type { CallerMemory, Transport } from './transport.js';

/** The user who was on a request before the guard of a public route ran. */
const earlier = new WeakMap<object, unknown>();

const requestOf = (host: ArgumentsHost): AuthRequest => host.getArgByIndex<AuthRequest>(0);

/** `request.user`, which Passport uses too. */
export const requestCallers: CallerMemory = {
  remember(_context, _policy, _caller, request, user) {
    request.user = user;
  },
  find(context) {
    const request = requestOf(context);
    if (earlier.has(request) && earlier.get(request) === request.user) return undefined;
    return callerBehind(request, request.user);
  },
  // The global guard runs before all others.
  hasAuthenticated: () => true,
  disregardEarlier(context) {
    const request = requestOf(context);
    const user = earlierUserOf(request);
    if (user !== undefined) earlier.set(request, user);
  },
};

/** @param realm of every challenge */
export function http(adapterHost: HttpAdapterHost, realm: string): Transport {
  return {
    requestOf,
    exceptionFor: (exception) => exception,
    answer(exception, host) {
      const status = exception.getStatus();
      const { httpAdapter } = adapterHost;
      const response: unknown = host.switchToHttp().getResponse();
      if (httpAdapter.isHeadersSent(response)) return;
      for (const [name, value] of Object.entries(headersOf(exception.error, status, realm)))
        httpAdapter.setHeader(response, name, value);
      httpAdapter.reply(response, exception.getResponse(), status);
    },
  };
}

function headersOf(error: AuthError, status: number, realm: string): Record<string, string> {
  const { code, retryAfter } = error;
  return {
    'Cache-Control': 'no-store',
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    ...(status === 401 || code === 'insufficient_scope' ? { 'WWW-Authenticate': challengeOf(error, realm) } : {}),
  };
}
