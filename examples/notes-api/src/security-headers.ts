import type { IncomingMessage, ServerResponse } from 'node:http';

const PAGE =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** Swagger's page has its styles in the HTML and its pictures in the styles. */
const DOCS = PAGE.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
  "img-src 'self'",
  "img-src 'self' data:",
);

/** Headers of every answer: browsers must run no foreign code, guess no types, send no referrer, and cache nothing. */
export function securityHeaders(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('Content-Security-Policy', /^\/docs\b/.test(request.url ?? '') ? DOCS : PAGE);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-store');
  next();
}
