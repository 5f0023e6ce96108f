import { type CanActivate, type ExecutionContext, Inject, Injectable, NotFoundException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { INSPECTOR, type InspectorSettings } from '../inspector.settings.js';
import { isAskedFromElsewhere, isLocal, type VisitorRequest } from './visitor.js';

/** The page runs its own script and styles only, and no script may write HTML. */
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

/**
 * Stands before the inspector. Without an `access` policy only this machine may see it, and everybody else gets 404. With
 * one, the library's guard decides who may see it.
 */
@Injectable()
export class VisitorGuard implements CanActivate {
  constructor(
    @Inject(INSPECTOR) private readonly settings: InspectorSettings,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** @throws NotFoundException as Nest does for a missing route */
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<VisitorRequest>();
    const mayAsk = this.settings.hasAccess ? !isAskedFromElsewhere(request) : isLocal(request);
    if (!mayAsk) throw new NotFoundException(`Cannot ${request.method} ${request.originalUrl ?? request.url}`);
    const response: unknown = http.getResponse();
    const { httpAdapter } = this.adapterHost;
    for (const [name, value] of Object.entries(HEADERS)) httpAdapter.setHeader(response, name, value);
    return true;
  }
}
