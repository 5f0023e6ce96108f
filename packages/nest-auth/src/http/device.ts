import type { Device } from '../core/auth-event.js';
import type { AuthRequest } from '../core/auth-request.js';
import { rememberCall } from '../core/call.js';
import { bareAddress } from '../core/limits/client-address.js';
import { ConnectedClient } from './connected-client.js';

const MAX_USER_AGENT = 256;

/** Where the request came from, safe to log: no control characters, no unbounded header. */
export function deviceOf(request: AuthRequest): Device {
  const userAgent = request.headers['user-agent'];
  const device: Device = {
    ip: request.ip === undefined ? null : printable(bareAddress(request.ip)),
    userAgent: typeof userAgent === 'string' ? printable(userAgent.slice(0, MAX_USER_AGENT)) : null,
  };
  rememberCall(device, { request, client: new ConnectedClient(request) });
  return device;
}

function printable(text: string): string {
  return text.replace(/\p{C}/gu, '�');
}
