import type { Device } from './auth-event.js';
import { AuthError } from './errors/auth-error.js';

/*
 * Checks the arguments of public services. Types do not stop an app from passing on a field of a request, and only
 * strings may become part of a query.
 */

/** @throws AuthError `invalid_request` unless it is a string, and not empty */
export function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`${name} must be a string that is not empty.`, name);
}

/** @throws AuthError `invalid_request` unless it is a string, which may be empty */
export function string(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw invalid(`${name} must be a string.`, name);
}

/** @throws AuthError `invalid_request` unless it is an object */
export function record<T extends object>(value: T, name: string): T {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalid(`${name} must be an object.`, name);
}

/** @throws AuthError `invalid_request` unless it is a list of strings */
export function list(value: readonly string[], name: string): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalid(`${name} must be a list of strings.`, name);
}

/** A caller, as `@CurrentUser()` injects it. @throws AuthError `invalid_request` */
export function callerOf<T extends { readonly id: string; readonly sessionId?: string }>(caller: T): T {
  text(record(caller, 'caller').id, 'caller.id');
  if (caller.sessionId !== undefined) text(caller.sessionId, 'caller.sessionId');
  return caller;
}

/** @throws AuthError `invalid_request` */
export function deviceOf(device: Device): Device {
  return record(device, 'device');
}

export function invalid(message: string, field: string): AuthError {
  return new AuthError('invalid_request', { message, field });
}
