import type { AuthOptions } from '@acme/nest-auth';
import supertest, { type Response, type Test } from 'supertest';
import { ACCESS, BY_COOKIE, cookiesOf, REFRESH, SAME_ORIGIN } from './cookies.js';

/** How tokens travel in this run (`TRANSPORT=cookie` or `TRANSPORT=both`, by header and body otherwise). */
export const TRANSPORT = (process.env.TRANSPORT ?? 'bearer') as NonNullable<AuthOptions['transport']>;

/** The headers that a client of this run sends with each request. */
export const SAYS: Record<string, string> = { bearer: {}, cookie: SAME_ORIGIN, both: BY_COOKIE }[TRANSPORT];

/** Text that no body contains in a browser. */
const TOKEN = /"(access|refresh)_token" *:|\bnar_/;

type Http = ReturnType<typeof supertest>;
type Method = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options';
const METHODS: readonly Method[] = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];

/**
 * A client of a story. Stories send tokens in headers and bodies. If the tokens of this run travel by cookie, the
 * client acts as a browser: it sends a bearer token and a `refresh_token` as cookies, and gives the story an answer's
 * cookies as the body that they replace.
 * @param transport of the app
 */
export function clientOf(url: string, transport = TRANSPORT, headers: Record<string, string> = {}): Http {
  const client = supertest(url);
  const inBrowser = TRANSPORT !== 'bearer' && transport === TRANSPORT;
  const made = METHODS.map((method) => {
    const open = (path: string) => client[method](path).set(headers);
    return [method, inBrowser ? (path: string) => byCookie(open(path)) : open];
  });
  return { ...client, ...Object.fromEntries(made) };
}

/** Sends as a browser would, and reads what a script in its page cannot. */
function byCookie(request: Test): Test {
  const end = request.end.bind(request);
  request.end = (...args) => {
    const sent = request as Test & { readonly _data?: unknown };
    const cookies = [sent.get('Cookie'), accessCookie(sent), refreshCookie(sent._data)];
    const header = cookies.filter((each) => each !== undefined).join('; ');
    if (header !== '') request.set('Cookie', header);
    return end(...args);
  };
  // This check runs before the checks of the story.
  return request.set(SAYS).expect((answer) => {
    // Not by `node:assert`: supertest does not recognise errors of another realm.
    if (TOKEN.test(answer.text ?? '')) throw new Error(`A body has a token: ${answer.text}`);
    restore(answer);
  });
}

function accessCookie(request: Test): string | undefined {
  const [, token] = /^Bearer (.*)$/.exec(request.get('Authorization') ?? '') ?? [];
  if (token === undefined) return undefined;
  request.unset('Authorization');
  return `${ACCESS}=${token}`;
}

function refreshCookie(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { refresh_token: token } = body as { refresh_token?: unknown };
  if (typeof token !== 'string') return undefined;
  delete (body as { refresh_token?: unknown }).refresh_token;
  return `${REFRESH}=${token}`;
}

/** The answer as a client by bearer would have got it. */
function restore(answer: Response): void {
  const { [ACCESS]: access, [REFRESH]: refresh } = cookiesOf(answer);
  if (!access?.value) return;
  const kept = refresh?.value ? { refresh_token: refresh.value } : {};
  answer.body = { ...answer.body, access_token: access.value, token_type: 'Bearer', ...kept };
}
