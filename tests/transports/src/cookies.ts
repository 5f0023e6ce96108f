import { expect, test } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { visitor } from './world.js';

export const ACCESS = '__Host-Http-access';
/** The one further origin of these apps. */
export const LISTED = 'https://app.example.org';
export const BY_COOKIE = { transport: 'cookie', cookies: { origins: [LISTED] } } as const;
export const BOTH = { ...BY_COOKIE, transport: 'both' } as const;

export type Headers = Readonly<Record<string, string>>;

export const cookie = (token: string): Headers => ({ cookie: `${ACCESS}=${token}` });

/** The headers of browsers about the page that opens a socket at this host. */
export const PAGES: readonly (readonly [page: string, says: (host: string) => Headers, isOurs: boolean])[] = [
  ['a page of this origin', (host) => ({ origin: `http://${host}` }), true],
  [
    'a page of this origin behind a proxy',
    () => ({ 'sec-fetch-site': 'same-origin', origin: 'https://a.example' }),
    true,
  ],
  ['a listed page', () => ({ 'sec-fetch-site': 'cross-site', origin: LISTED }), true],
  ['another port', () => ({ 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' }), false],
  ['another site', () => ({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }), false],
  ['a sandboxed page', () => ({ 'sec-fetch-site': 'cross-site', origin: 'null' }), false],
  ['who does not say', () => ({}), false],
];

/** A server whose sockets a client opens with these headers. */
export interface CookieWire {
  readonly app: INestApplicationContext;
  readonly host: string;
  /** @throws Error whose `message` is the code of the refusal */
  connect(headers: Headers, token?: string): Promise<{ readonly ended: Promise<unknown>; close(): unknown }>;
}

/** The stories of every kind of socket whose credentials are cookies. @param open starts an app with these options */
export function tellCookieStories(open: (options: object) => Promise<CookieWire>): void {
  test.each(PAGES)('a cookie opens a socket only for a page of ours: %s', async (_page, says, isOurs) => {
    const wire = await open(BY_COOKIE);
    const { token } = await visitor(wire.app);
    const connecting = wire.connect({ ...cookie(token), ...says(wire.host) });
    if (isOurs) await (await connecting).close();
    else await expect(connecting).rejects.toThrow('cross_site_request');
  });

  test('without a cookie a foreign page is as anonymous as any', async () => {
    const wire = await open(BY_COOKIE);
    await expect(wire.connect({ origin: 'https://evil.example' })).rejects.toThrow('missing_token');
  });

  test('a cookie under another name, and any cookie where the transport is bearer, is no credential', async () => {
    for (const options of [{}, { ...BY_COOKIE, cookies: { access: 'other' } }]) {
      const wire = await open(options);
      const { token } = await visitor(wire.app);
      const headers = { ...cookie(token), origin: `http://${wire.host}` };
      await expect(wire.connect(headers)).rejects.toThrow('missing_token');
    }
  });

  test('credentials of both kinds at once are refused, and either alone is not', async () => {
    const wire = await open(BOTH);
    const [one, other] = [await visitor(wire.app), await visitor(wire.app)];
    const headers = { ...cookie(one.token), origin: `http://${wire.host}` };
    await expect(wire.connect(headers, other.token)).rejects.toThrow('invalid_request');
    await (await wire.connect(headers)).close();
    await (await wire.connect({ origin: 'https://evil.example' }, other.token)).close();
  });

  test('a bearer token opens nothing where tokens travel by cookie alone', async () => {
    const wire = await open(BY_COOKIE);
    const { token } = await visitor(wire.app);
    await expect(wire.connect({ origin: `http://${wire.host}` }, token)).rejects.toThrow('missing_token');
  });

  test('a socket by cookie ends with its session', async () => {
    const wire = await open(BY_COOKIE);
    const { token, logOut } = await visitor(wire.app);
    const { ended } = await wire.connect({ ...cookie(token), origin: `http://${wire.host}` });
    await logOut();
    await ended;
  });
}
