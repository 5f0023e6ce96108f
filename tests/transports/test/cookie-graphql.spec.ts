import { CurrentUser, type Principal } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { DynamicModule } from '@nestjs/common';
import { Mutation, Query, Resolver } from '@nestjs/graphql';
import { BOTH, BY_COOKIE, cookie, type Headers, LISTED, PAGES, tellCookieStories } from '../src/cookies.js';
import { type Answer, apollo, type GraphqlApp, graphqlApp, mercurius } from '../src/graphql-app.js';
import { clientOf, inParameters, inUpgrade, subscribe, ticking } from '../src/graphql-socket.js';
import { authModule, visitor } from '../src/world.js';

const opened: GraphqlApp[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ app }) => app.close()));
});

@Resolver()
class Notes {
  static purged = 0;

  @Query(() => String, { nullable: true })
  mine(@CurrentUser() caller: Principal) {
    return caller.id;
  }

  @Mutation(() => String, { nullable: true })
  purge(@CurrentUser() caller: Principal) {
    Notes.purged++;
    return caller.id;
  }
}

type Platform = 'express' | 'fastify';

async function start(options: object, driver: DynamicModule, platform: Platform) {
  const app = await graphqlApp([authModule(options).auth, driver], [...ticking().providers, Notes], platform);
  opened.push(app);
  return { ...app, host: new URL(app.url).host };
}

const APOLLO = { subscriptions: { 'graphql-ws': true } } as const;
type Made = { readonly req?: object; readonly extra?: { readonly request: object } };

const UPGRADE_ALONE = 'Apollo, whose context has the upgrade alone';
const SOCKETS: readonly (readonly [kind: string, driver: () => DynamicModule, platform: Platform])[] = [
  ['Apollo on Express', () => apollo(APOLLO), 'express'],
  ['Apollo on Fastify', () => apollo(APOLLO), 'fastify'],
  [
    UPGRADE_ALONE,
    () => apollo({ ...APOLLO, context: ({ req, extra }: Made) => ({ req: req ?? extra?.request }) }),
    'fastify',
  ],
  ['mercurius', () => mercurius({ subscription: true }), 'fastify'],
  [
    'mercurius, whose context has the upgrade alone',
    () => mercurius({ subscription: { context: (async (_socket: unknown, req: object) => ({ req })) as never } }),
    'fastify',
  ],
];

describe.each(SOCKETS)('graphql-ws: %s', (kind, driver, platform) => {
  /** Parameters are not in every context. */
  const show = kind === UPGRADE_ALONE ? inUpgrade : inParameters;

  tellCookieStories(async (options) => {
    const { app, url, host } = await start(options, driver(), platform);
    return {
      app,
      host,
      connect: (headers, token) => {
        const shown = token === undefined ? {} : show(token);
        return subscribe(clientOf(url, { ...shown, headers: { ...headers, ...shown.headers } }));
      },
    };
  });

  test('what a page puts among the parameters is neither a cookie nor says where it is from', async () => {
    const { app, url, host } = await start(BOTH, driver(), platform);
    const { token } = await visitor(app);
    const says = { 'sec-fetch-site': 'same-origin', origin: `http://${host}`, host: 'evil.example', upgrade: '' };
    const connect = (headers: Headers, parameters: object) => subscribe(clientOf(url, { headers, parameters }));
    for (const page of ['https://evil.example', undefined]) {
      const headers = { ...cookie(token), ...(page === undefined ? {} : { origin: page }) };
      for (const parameters of [says, { headers: says }, { ...says, method: 'GET' }])
        await expect(connect(headers, parameters)).rejects.toThrow('cross_site_request');
      const planted = { ...says, ...cookie(token) };
      for (const parameters of [planted, { headers: planted }])
        await expect(connect(page === undefined ? {} : { origin: page }, parameters)).rejects.toThrow('missing_token');
    }
  });
});

const OVER_HTTP: readonly (readonly [kind: string, driver: (options?: object) => DynamicModule, platform: Platform])[] =
  [
    ['Apollo on Express', apollo, 'express'],
    ['Apollo on Fastify', apollo, 'fastify'],
    // Also if the app has turned parts of it off.
    ['Apollo without its CSRF prevention', (options) => apollo({ csrfPrevention: false, ...options }), 'express'],
    ['mercurius', mercurius, 'fastify'],
  ];

/** Without and with the header that Apollo's CSRF prevention requires. */
const PREFLIGHTED: readonly Headers[] = [{}, { 'apollo-require-preflight': 'yes' }];

describe.each(OVER_HTTP)('GraphQL over HTTP by cookie: %s', (kind, driver, platform) => {
  async function scene(options: object = {}) {
    const { app, url, host } = await start(BY_COOKIE, driver(options), platform);
    const { id, token } = await visitor(app);
    Notes.purged = 0;
    const send = async (method: string, query: string, headers: Headers, body?: string) => {
      const address = method === 'GET' ? `${url}?query=${encodeURIComponent(query)}` : url;
      const response = await fetch(address, { method, headers: { ...cookie(token), ...headers }, body: body ?? null });
      const text = await response.text();
      return { status: response.status, text, answer: () => JSON.parse(text) as Answer };
    };
    return { id, host, send };
  }
  const json = { 'content-type': 'application/json' };
  const posted = (query: string) => JSON.stringify({ query });

  test.each(PAGES)('a query or a mutation by POST works only for a page of ours: %s', async (_page, says, isOurs) => {
    const { id, host, send } = await scene();
    for (const [query, field] of [
      ['{ mine }', 'mine'],
      ['mutation { purge }', 'purge'],
    ] as const) {
      const { answer } = await send('POST', query, { ...json, ...says(host) }, posted(query));
      if (isOurs) expect(answer()).toEqual({ data: { [field]: id } });
      else
        expect(answer()).toMatchObject({
          data: { [field]: null },
          errors: [{ extensions: { code: 'cross_site_request' } }],
        });
    }
    expect(Notes.purged).toBe(isOurs ? 1 : 0);
  });

  test('no mutation is sent by GET, from wherever', async () => {
    const { host, send } = await scene();
    for (const [, says] of PAGES)
      for (const headers of PREFLIGHTED) {
        const { status } = await send('GET', 'mutation { purge }', { ...headers, ...says(host) });
        expect(status).toBeGreaterThanOrEqual(400);
      }
    expect(Notes.purged).toBe(0);
  });

  test('a query by GET changes nothing, and is answered whoever asks', async () => {
    const { id, send } = await scene();
    const { answer } = await send('GET', '{ mine }', {
      origin: 'https://evil.example',
      'apollo-require-preflight': 'y',
    });
    expect(answer()).toEqual({ data: { mine: id } });
    // Apollo itself refuses requests that a page can send without a preflight, unless that is turned off.
    const { status } = await send('GET', '{ mine }', { origin: 'https://evil.example' });
    expect(status).toBe(kind.startsWith('Apollo on') ? 400 : 200);
  });

  test.each([
    ['text/plain', posted('mutation { purge }')],
    ['application/x-www-form-urlencoded', 'query=mutation%20%7B%20purge%20%7D'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="query"\r\n\r\nmutation { purge }\r\n--x--',
    ],
    ['application/graphql', 'mutation { purge }'],
  ])('a mutation as %s changes nothing for a foreign page', async (type, body) => {
    const { host, send } = await scene();
    for (const [, says, isOurs] of PAGES) {
      if (isOurs) continue;
      for (const preflighted of PREFLIGHTED)
        await send('POST', '', { 'content-type': type, ...preflighted, ...says(host) }, body);
    }
    expect(Notes.purged).toBe(0);
  });

  test('each operation of a batch is refused', async () => {
    const batched =
      platform === 'fastify' && driver === mercurius
        ? { allowBatchedQueries: true }
        : { allowBatchedHttpRequests: true };
    const { send } = await scene(batched);
    const body = JSON.stringify([{ query: 'mutation { purge }' }, { query: '{ mine }' }]);
    const { text } = await send('POST', '', { ...json, origin: 'https://evil.example' }, body);
    expect(text.match(/cross_site_request/g)).toHaveLength(2);
    expect(Notes.purged).toBe(0);
    await send('POST', '', { ...json, origin: LISTED }, body);
    expect(Notes.purged).toBe(1);
  });
});
