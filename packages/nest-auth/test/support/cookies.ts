import { parseSetCookie, type SetCookie } from 'cookie';
import { PASSWORD, type TestApp } from './app.js';

export const ACCESS = '__Host-Http-access';
export const REFRESH = '__Host-Http-refresh';

/** Of a page of the app itself. */
export const SAME_ORIGIN = { 'Sec-Fetch-Site': 'same-origin' };
export const BY_COOKIE = { 'X-Auth-Transport': 'cookie', ...SAME_ORIGIN };

type Answer = { readonly headers: Record<string, unknown> };

/** What an answer sets, by name. */
export function cookiesOf({ headers }: Answer): Record<string, SetCookie> {
  const lines = (headers['set-cookie'] ?? []) as string[];
  return Object.fromEntries(lines.map((line) => parseSetCookie(line)).map((cookie) => [cookie.name, cookie]));
}

/** The `Cookie` header of a browser that has got this answer. */
export function cookieHeader(answer: Answer): string {
  return Object.values(cookiesOf(answer))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
}

let users = 0;

export interface Browser {
  readonly email: string;
  /** To the registration. */
  readonly answer: Answer & { readonly body: unknown };
  readonly access: string;
  readonly refresh: string;
  /** The header. */
  readonly cookie: string;
}

/** Registers a fresh user in a browser. */
export async function signUpByCookie({ http }: Pick<TestApp, 'http'>, more: object = {}): Promise<Browser> {
  const email = `browser-${++users}@example.org`;
  const answer = await http
    .post('/auth/register')
    .set(BY_COOKIE)
    .send({ email, password: PASSWORD, ...more })
    .expect(201);
  const { [ACCESS]: access, [REFRESH]: refresh } = cookiesOf(answer);
  return { email, answer, access: access?.value ?? '', refresh: refresh?.value ?? '', cookie: cookieHeader(answer) };
}
