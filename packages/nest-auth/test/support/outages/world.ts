import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { Authenticated, type AuthUser, BackgroundTasks, CurrentUser, type Mail, memoryStores } from '@acme/nest-auth';
import { oldTokens } from '@acme/nest-auth/old-tokens';
import { social } from '@acme/nest-auth/social';
import { TestClock } from '@acme/nest-auth/testing';
import { Controller, Get } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { PASSWORD, startApp } from '../app.js';
import { cookiesOf } from '../cookies.js';
import { FakeHasher } from '../fake-hasher.js';
import { forge, rsa } from '../keys/forge.js';
import { Mailbox } from '../mailbox.js';
import { OLD_ACCESS } from '../old-tokens.js';
import { BROWSER, FEATURES } from '../token-kinds.js';
import { Faults } from './faults.js';

/** RFC 7636, appendix B. */
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const PAGE = 'https://app.example.org/welcome';
const ISSUER = 'https://acme.example';
const key = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A provider at which the code is the person. The address of those that begin with `v.` is verified. */
class AcmeStrategy {
  constructor(
    _options: object,
    private readonly verify: (...given: unknown[]) => void,
  ) {}
  authenticate(this: AcmeStrategy & Run, { query }: { readonly query: { readonly code?: string } }): void {
    const { code: id } = query;
    const state = randomBytes(32).toString('base64url');
    if (id === undefined) this.redirect(`${ISSUER}/authorize?state=${state}`);
    else this.verify({}, { id }, (_: null, user: unknown) => this.success(user));
  }
}

interface Run {
  redirect(url: string): void;
  success(user: unknown): void;
}

interface Answer {
  readonly profile: { readonly id?: unknown };
  readonly claims: { readonly sub?: unknown } | undefined;
}

function identity({ profile, claims }: Answer) {
  const subject = String(claims?.sub ?? profile.id);
  return { subject, email: subject.slice(2), emailVerified: subject.startsWith('v.') };
}

@Controller('doors')
class Doors {
  @Authenticated('jwt', 'api-key')
  @Get()
  open(@CurrentUser('id') id: string) {
    return { id };
  }
}

/** What the provider publishes. */
const published = (async () =>
  new Response(JSON.stringify({ keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' }] }), {
    headers: { 'content-type': 'application/json' },
  })) as typeof fetch;

/** An app with every feature, single calls of which can fail. */
export async function startOutages() {
  const faults = new Faults();
  const mailbox = new Mailbox();
  const clock = new TestClock();
  const stores = memoryStores({ clock: clock.read });
  const oldRefreshTokens = new Map<string, string>();
  const logged: string[] = [];
  const log = (...parts: unknown[]) => void logged.push(parts.join(' '));
  globalThis.fetch = published;
  const points = 1_000_000;
  const app = await startApp({
    controllers: [Doors],
    imports: faults.imports(),
    features: [
      ...Object.entries(FEATURES).flatMap(([name, feature]) =>
        ['social', 'old-tokens', 'breached-passwords', 'telemetry'].includes(name) ? [] : [feature],
      ),
      oldTokens(),
      social({ acme: AcmeStrategy as never }),
    ],
    create: { logger: { log() {}, debug() {}, verbose() {}, warn: log, error: log, fatal: log } },
    configure: (given) => faults.configure(given),
    options: {
      ...Object.fromEntries(Object.entries(stores).map(([name, store]) => [name, faults.watch(store, name)])),
      transport: 'both',
      clock: clock.read,
      storeTimeout: '1s',
      mailer: { send: (mail: Mail) => mailbox.send(mail) },
      password: { hasher: new FakeHasher(2), queue: 1000 },
      throttle: {
        limiter: (given) =>
          faults.watch(new RateLimiterMemory({ ...given, points }), `limiter.${given.keyPrefix?.slice(10)}`),
      },
      emailVerification: { page: PAGE },
      passwordReset: { page: PAGE },
      magicLink: { page: PAGE, register: true },
      notices: { page: PAGE },
      auditLog: { sink: { write: async () => {} } },
      oldTokens: {
        until: '2030-02-01',
        access: OLD_ACCESS,
        refresh: async (token) => oldRefreshTokens.get(token) ?? null,
      },
      social: {
        url: 'https://api.example.org/auth',
        returnTo: [PAGE],
        providers: {
          acme: {
            clientID: 'app',
            clientSecret: 's',
            issuer: ISSUER,
            formPost: true,
            jwksUri: `${ISSUER}/jwks`,
            identity: identity as never,
          },
        },
      },
    },
  });
  const background = app.app.get(BackgroundTasks);
  const run = background.run.bind(background);
  background.run = (task) => run(() => faults.outside(task));
  return { ...app, ...stores, clock, faults, mailbox, logged, oldRefreshTokens, settled: () => background.settled() };
}

export type Outages = Awaited<ReturnType<typeof startOutages>>;

let people = 0;
export const fresh = (name = 'user') => `${name}-${++people}@example.org`;

/** A user who is logged in. */
export async function somebody({ http, as, userStore }: Outages, changes: Partial<AuthUser> = {}) {
  const email = fresh();
  const { body } = await http.post('/auth/register').send({ email, password: PASSWORD }).expect(201);
  const { id } = (await userStore.findByLogin(email)) as AuthUser;
  userStore.update(id, changes);
  return { email, id, refresh: body.refresh_token as string, as: as(body.access_token) };
}

/** The newest mail to an address that has a link or a code. */
export async function mailTo({ settled, mailbox }: Outages, email: string, has = '#token='): Promise<Mail> {
  await settled();
  return mailbox.mails.findLast(({ to, text }) => to === email && text.includes(has)) as Mail;
}

/** A login that a browser has begun. @returns how it comes back as a person */
export async function begun({ http }: Outages, query = `code_challenge=${CHALLENGE}`) {
  const answer = await http.get(`/auth/login/acme?${query}`).expect(302);
  const state = new URL(answer.headers.location ?? '').searchParams.get('state') ?? '';
  const cookie = `${BROWSER}=${cookiesOf(answer)[BROWSER]?.value}`;
  const back = (search: string) => http.get(`/auth/login/acme/callback?${search}`).set('Cookie', cookie);
  return { state, back, as: (person: string) => back(String(new URLSearchParams({ code: person, state }))) };
}

/** What the page is told behind the `#`. */
export function told({ headers }: { readonly headers: Record<string, string> }, name: string): string {
  return new URLSearchParams(new URL(headers.location ?? '').hash.slice(1)).get(name) ?? '';
}

/** An ID token of the provider for a person. */
export function idToken({ clock }: Outages, sub: string): string {
  const iat = Math.floor(clock.now / 1000);
  const nonce = createHash('sha256').update('nonce').digest('hex');
  const claims = { iss: ISSUER, aud: 'app', sub, iat, exp: iat + 600, nonce };
  return forge({ alg: 'RS256', kid: 'k' }, claims, rsa(key.privateKey));
}

export type User = Awaited<ReturnType<typeof somebody>>;

/** What a user's browser takes to the provider, to add an identity. */
export async function ticketOf({ as }: User): Promise<string> {
  const { body } = await as.post('/auth/identities/acme').send({}).expect(200);
  return String(new URL(body.url).search.slice(1));
}
