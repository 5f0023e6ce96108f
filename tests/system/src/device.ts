import type { Answer, Call } from './client.js';
import type { AppProcess } from './processes.js';

export const PASSWORD = 'a fine long passphrase';

/** A user's browser: it is logged in, and keeps the newest tokens. */
export interface Device {
  readonly email: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly from: string;
  access: string;
  refresh: string;
}

let people = 0;

/** A new user with a new address, on one device. */
export async function signUp(app: AppProcess): Promise<Device> {
  const n = ++people;
  const email = `user-${process.pid}-${n}@example.org`;
  const from = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  const answer = await app.send({ method: 'POST', path: '/auth/register', body: { email, password: PASSWORD }, from });
  return deviceOf(answer, 201, email, from);
}

/** The same user on another device. */
export async function logIn(app: AppProcess, { email, from }: Pick<Device, 'email' | 'from'>): Promise<Device> {
  return deviceOf(await app.send(loggingIn({ email, from })), 200, email, from);
}

export const loggingIn = ({ email, from }: Pick<Device, 'email' | 'from'>, password = PASSWORD): Call => ({
  method: 'POST',
  path: '/auth/login',
  body: { email, password },
  from,
});

export const refreshing = ({ refresh, from }: Pick<Device, 'refresh' | 'from'>): Call => ({
  method: 'POST',
  path: '/auth/refresh',
  body: { refresh_token: refresh },
  from,
});

export const asking = ({ access, from }: Pick<Device, 'access' | 'from'>, path = '/notes'): Call => ({
  method: 'GET',
  path,
  token: access,
  from,
});

/** Refreshes, and keeps the new tokens. */
export async function renew(app: AppProcess, device: Device): Promise<void> {
  const { status, body, text } = await app.send(refreshing(device));
  if (status !== 200) throw new Error(`A refresh answered ${status}: ${text}`);
  device.access = body.access_token;
  device.refresh = body.refresh_token;
}

function deviceOf({ status, body, text }: Answer, expected: number, email: string, from: string): Device {
  if (status !== expected) throw new Error(`A login answered ${status}: ${text}`);
  const { access_token: access, refresh_token: refresh } = body;
  const { sub, sid } = JSON.parse(Buffer.from(access.split('.')[1], 'base64url').toString());
  return { email, userId: sub, sessionId: sid, from, access, refresh };
}

/** Repeats a request until the answer is the expected one. @returns how long that took, in milliseconds */
export async function until(
  ask: () => Promise<Answer>,
  isAsWished: (answer: Answer) => boolean,
  within: number,
): Promise<number> {
  const started = performance.now();
  for (;;) {
    const answer = await ask();
    const took = performance.now() - started;
    if (isAsWished(answer)) return took;
    if (took > within) throw new Error(`After ${Math.round(took)} ms still ${answer.status}: ${answer.text}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
