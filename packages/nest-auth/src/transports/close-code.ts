import type { AuthError } from '../core/errors/auth-error.js';

/**
 * The close code of a WebSocket (RFC 6455 §7.4): 1013 means "try again later", 1011 "internal error"; 4401 is
 * graphql-ws's 'Unauthorized'.
 */
export function closeCodeOf(error: AuthError): number {
  if (error.code === 'store_unavailable') return 1013;
  if (error.code === 'contract_broken' || error.code === 'invalid_configuration') return 1011;
  return error.code === 'insufficient_scope' ? 4403 : 4401;
}
