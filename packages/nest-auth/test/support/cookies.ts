import { parseSetCookie, type SetCookie } from 'cookie';

export const ACCESS = '__Host-Http-access';
export const REFRESH = '__Host-Http-refresh';

/** Of a page of the app itself. */
export const SAME_ORIGIN = { 'Sec-Fetch-Site': 'same-origin' };
export const BY_COOKIE = { 'X-Auth-Transport': 'cookie', ...SAME_ORIGIN };

export type Answer = { readonly headers: Record<string, unknown> };

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
