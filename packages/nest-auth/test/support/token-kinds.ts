import { randomBytes } from 'node:crypto';
import { type AuthEvent, AuthEvents, type Mail } from '@acme/nest-auth';
import { apiKeys } from '@acme/nest-auth/api-keys';
import { auditLog } from '@acme/nest-auth/audit-log';
import { breachedPasswords } from '@acme/nest-auth/breached-passwords';
import { emailVerification } from '@acme/nest-auth/email-verification';
import { inspector } from '@acme/nest-auth/inspector';
import { magicLink } from '@acme/nest-auth/magic-link';
import { notices } from '@acme/nest-auth/notices';
import { oldTokens } from '@acme/nest-auth/old-tokens';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { social } from '@acme/nest-auth/social';
import { telemetry } from '@acme/nest-auth/telemetry';
import type { Type } from '@nestjs/common';
import { logIn, PASSWORD, startApp } from './app.js';
import { cookiesOf } from './cookies.js';
import { FakeHasher } from './fake-hasher.js';
import { open } from './magic-links.js';
import { Mailbox, tokenIn } from './mailbox.js';
import { pin } from './pin.js';

/** RFC 7636, appendix B. */
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const PAGE = 'https://app.example.org/welcome';
export const BROWSER = '__Host-Http-social';

/** A provider whose code is the name of the person. */
class AcmeStrategy {
  constructor(
    _options: object,
    private readonly verify: (...given: unknown[]) => void,
  ) {}

  authenticate(this: AcmeStrategy & Run, { query }: { readonly query: { readonly code?: string } }): void {
    const { code: id } = query;
    const state = randomBytes(32).toString('base64url');
    const profile = { id, emails: [{ value: `${id}@example.org` }] };
    if (id === undefined) this.redirect(`https://acme.example/authorize?state=${state}`);
    else this.verify({}, profile, (_: null, user: unknown) => this.success(user));
  }
}

interface Run {
  redirect(url: string): void;
  success(user: unknown): void;
}

/** Every feature of the library, by its folder. */
export const FEATURES = {
  'api-keys': apiKeys(),
  'audit-log': auditLog(),
  'breached-passwords': breachedPasswords(),
  'email-verification': emailVerification(),
  inspector: inspector(),
  'magic-link': magicLink(),
  notices: notices(),
  'old-tokens': oldTokens(),
  'password-reset': passwordReset(),
  social: social({ acme: AcmeStrategy as never }),
  telemetry: telemetry(),
};
/** Features without tokens of their own. Their mails and checks would disturb these tests. */
export const WITHOUT_ROUTES = ['audit-log', 'breached-passwords', 'notices', 'old-tokens', 'telemetry'] as const;

/** An app with every feature that has routes, and a second factor. */
export async function startWorld(controllers: readonly Type[]) {
  const mailbox = new Mailbox();
  const quiet: readonly string[] = WITHOUT_ROUTES;
  const used = Object.entries(FEATURES).flatMap(([folder, feature]) => (quiet.includes(folder) ? [] : [feature]));
  const app = await startApp({
    features: [...used, pin()],
    controllers: [...controllers],
    options: {
      transport: 'bearer',
      mailer: mailbox,
      password: { hasher: new FakeHasher() },
      emailVerification: { page: PAGE },
      passwordReset: { page: PAGE },
      magicLink: { page: PAGE },
      social: {
        url: 'https://api.example.org/auth',
        returnTo: [PAGE],
        providers: {
          acme: { clientID: 'app', clientSecret: 'a secret', issuer: 'https://acme.example', formPost: true },
        },
      },
    },
  });
  const events: AuthEvent['type'][] = [];
  app.app.get(AuthEvents).subscribe(({ type }) => events.push(type));
  return { ...app, mailbox, events };
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** A login that a browser has begun at the provider. */
interface Flow {
  readonly browser: string;
  readonly state: string;
}

async function begin({ http }: World, query = `code_challenge=${CHALLENGE}`): Promise<Flow> {
  const answer = await http.get(`/auth/login/acme?${query}`).expect(302);
  const state = new URL(answer.headers.location ?? '').searchParams.get('state') ?? '';
  return { state, browser: cookiesOf(answer)[BROWSER]?.value ?? '' };
}

export const comeBack = ({ http }: Pick<World, 'http'>, { browser, state }: Flow, person = 'ann') =>
  http
    .get(`/auth/login/acme/callback?code=${person}&state=${encodeURIComponent(state)}`)
    .set('Cookie', `${BROWSER}=${browser}`);

/** The parameters that the page gets behind the `#`. */
async function told(answer: PromiseLike<{ readonly headers: Record<string, string> }>, name: string) {
  const { headers } = await answer;
  return new URLSearchParams(new URL(headers.location ?? '').hash.slice(1)).get(name) ?? '';
}

/** The token of the mail that a request causes. */
export async function mailedBy(world: World, request: PromiseLike<unknown>): Promise<string> {
  const mails = await world.mailbox.mailsOf(world, request);
  return tokenIn(mails.find(({ text }) => text.includes('#token=')));
}

async function ticketOf(owner: World['http']): Promise<string> {
  const { body } = await owner.post('/auth/identities/acme').send({}).expect(200);
  return new URL(body.url).searchParams.get('link') ?? '';
}

/** A code with which a user adds a person at the provider. */
export async function linkCodeOf(world: World, owner: World['http'], person?: string): Promise<string> {
  return told(comeBack(world, await begin(world, `link=${await ticketOf(owner)}`), person), 'link_code');
}

/** A code for tokens of a person at the provider. */
export async function loginCodeOf(world: World, person: string): Promise<string> {
  return told(comeBack(world, await begin(world), person), 'code');
}

/** A user with everything that the library issues, except values that only one kind of token needs. */
async function prepare(world: World) {
  const { http, mailbox } = world;
  const [email, careful] = [{ email: 'owner@example.org' }, { email: 'careful@example.org' }];
  const register = http.post('/auth/register').send({ ...email, password: PASSWORD });
  const verification = await mailedBy(world, register.expect(201));
  const { access, refresh } = await logIn(world, email.email);
  const owner = world.as(access);
  const asking = http.post('/auth/login/magic-link').send(email).expect(202);
  const [mail] = await mailbox.mailsOf(world, asking);
  const link = open(mail as Mail);
  const { request_token } = (await asking).body as { readonly request_token: string };
  await mailbox.mailsOf(world, http.post('/auth/register').send({ ...careful, password: PASSWORD }));
  const flow = await begin(world);
  const mailed = (request: PromiseLike<unknown>) => mailedBy(world, request);
  return { ...world, ...{ email, careful, access, refresh, owner, verification, request_token, flow, mailed, link } };
}

type Given = Awaited<ReturnType<typeof prepare>> & { readonly world: World };

/** How a client gets each kind of token that the library issues. */
const KINDS = {
  'access token': ({ access }) => access,
  'refresh token': ({ refresh }) => refresh,
  'verification token': ({ verification }) => verification,
  'address change token': ({ owner, mailed }) =>
    mailed(owner.post('/auth/email').send({ email: 'new@example.org', current_password: PASSWORD }).expect(202)),
  'reset token': ({ http, email, mailed }) => mailed(http.post('/auth/password/forgot').send(email).expect(202)),
  'magic link': ({ link }) => link.token,
  'code of a magic link': ({ link }) => link.code,
  'request token': ({ request_token }) => request_token,
  'challenge token': async ({ http, careful }) =>
    (await http.post('/auth/login').send({ ...careful, password: PASSWORD })).body.challenge_token,
  'OAuth state': ({ flow }) => flow.state,
  'cookie of a browser at a provider': ({ flow }) => flow.browser,
  'form of a provider': async ({ http, flow }) => {
    const form = http.post('/auth/login/acme/callback').type('form').send({ code: 'ann', state: flow.state });
    return new URL((await form.expect(303)).headers.location ?? '').searchParams.get('form');
  },
  'one-time code': ({ world }) => loginCodeOf(world, 'bob'),
  'ticket to add a provider': ({ owner }) => ticketOf(owner),
  'code to add a provider': ({ world, owner }) => linkCodeOf(world, owner),
  'API key': async ({ owner }) => (await owner.post('/auth/api-keys').send({ name: 'ci' }).expect(201)).body.key,
} satisfies Record<string, (given: Given) => unknown>;

export type Kind = keyof typeof KINDS;
export const kinds = Object.keys(KINDS) as Kind[];
export type Tokens = Readonly<Record<Kind, string>>;

/** One token of each kind, all of them live. */
export async function tokensOf(world: World): Promise<Tokens> {
  const given: Given = { ...(await prepare(world)), world };
  const tokens: Record<string, unknown> = {};
  for (const kind of kinds) tokens[kind] = await KINDS[kind](given);
  return tokens as Tokens;
}
