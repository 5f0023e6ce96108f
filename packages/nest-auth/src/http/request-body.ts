import { text } from '../core/arguments.js';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';

const NO_JSON = 'The body must be a JSON object, sent as application/json.';
const NO_OBJECT = 'The body must be a JSON object.';
const NOT_PARSED =
  'No JSON body was read. Send a JSON object; if you did, the app has no body parser (it was created with bodyParser: false).';

/**
 * Reads string fields of a JSON body; other fields are dropped.
 * @throws AuthError `invalid_request` unless each is a non-empty string and the body's own property
 */
export function readStrings<const Names extends readonly string[]>(
  body: unknown,
  names: Names,
): { [I in keyof Names]: string } {
  const fields = objectOf(body);
  return names.map((name) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return text(value, name);
  }) as { [I in keyof Names]: string };
}

/**
 * Reads a boolean field of a JSON body.
 * @returns `undefined` if it is missing
 * @throws AuthError `invalid_request`
 */
export function readFlag(body: unknown, name: string): boolean | undefined {
  const fields = objectOf(body);
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  throw new AuthError('invalid_request', { message: `${name} must be true or false.`, field: name });
}

/**
 * Refuses forms and text, which a page of any other site can post without a preflight.
 * @throws AuthError `invalid_request`
 */
export function assertJson({ headers }: AuthRequest): void {
  const type = headers['content-type'];
  if (typeof type === 'string' && /^application\/([\w.-]+\+)?json *(;|$)/i.test(type)) return;
  throw new AuthError('invalid_request', { message: NO_JSON });
}

/** @throws AuthError `invalid_request` unless it is a JSON object */
export function objectOf(body: unknown): Record<string, unknown> {
  // A parser for another content type leaves bytes or text.
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array)
    throw new AuthError('invalid_request', { message: NOT_PARSED });
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new AuthError('invalid_request', { message: NO_OBJECT });
}
