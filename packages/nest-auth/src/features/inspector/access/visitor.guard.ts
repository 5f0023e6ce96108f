import { type CanActivate, type ExecutionContext, Inject, Injectable, NotFoundException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { isAskedFromElsewhere, isLocal, type VisitorRequest } from './visitor.js';

/** The page runs only its own script and styles, and scripts must not write HTML. */
export const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store, no-transform',
};

/** Protects the inspector. A refused visitor gets the 404 of a missing route. */
abstract class InspectorGuard implements CanActivate {
  constructor(@Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost) {}

  protected abstract mayAsk(request: VisitorRequest): boolean;

  /** @throws NotFoundException as Nest does for a missing route */
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<VisitorRequest>();
    if (!this.mayAsk(request))
      throw new NotFoundException(`Cannot ${request.method} ${request.originalUrl ?? request.url}`);
    const response: unknown = http.getResponse();
    const { httpAdapter } = this.adapterHost;
    for (const [name, value] of Object.entries(HEADERS)) httpAdapter.setHeader(response, name, value);
    return true;
  }
}

/** With an `access` policy: the library's guard decides who may see it. */
@Injectable()
export class VisitorGuard extends InspectorGuard {
  protected mayAsk(request: VisitorRequest): boolean {
    return !isAskedFromElsewhere(request);
  }
}

/** Without an `access` policy: only this machine may see it. */
@Injectable()
export class LocalGuard extends InspectorGuard {
  protected mayAsk(request: VisitorRequest): boolean {
    return isLocal(request);
  }
}

// The policy list shows this text, because the policy of these routes says only that no login is needed.
Object.defineProperty(LocalGuard.prototype, Symbol.for('acme/nest-auth:lets-in'), {
  value: 'this machine only, in development',
});
