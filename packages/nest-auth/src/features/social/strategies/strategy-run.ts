import { AuthError, type AuthRequest } from '@acme/nest-auth';
import { identityOf } from './identity-of.js';
import { inTime } from './in-time.js';
import { isOAuth, ours } from './ours.js';
import type { Answered, Context, Identity, Kept, Parameters, Provider, ProviderAnswer, Secrets } from './provider.js';

/** Passport's contract. A run ends with the first call of one of these. */
interface Run {
  authenticate(request: object, options: object): unknown;
  success(user: unknown): void;
  fail(challenge?: unknown): void;
  pass(): void;
  error(error: unknown): void;
  redirect(url: string): void;
}

/** The allowed clock difference, in milliseconds. */
const CLOCKS_DIFFER = 60_000;

/** What an ID token must match. */
type Meant = Pick<Answered, 'now'> & Pick<Secrets, 'nonce'>;

/** The arguments of a strategy's verify callback. */
class HandedOver {
  constructor(readonly values: readonly unknown[]) {}
}

/**
 * The verify callback of every strategy: it passes all arguments to the run. Strategies check the number of parameters,
 * and six is the longest form that all of them know.
 */
export function handOver(
  _request: unknown,
  _one: unknown,
  _two: unknown,
  _three: unknown,
  _four: unknown,
  _done: unknown,
): void {
  // biome-ignore lint/complexity/noArguments: in a shorter call, the callback is an earlier argument
  const values = [...arguments];
  const done = values.findLast((value) => typeof value === 'function') as (error: null, user: HandedOver) => void;
  done(null, new HandedOver(values.slice(1, values.lastIndexOf(done))));
}

/**
 * Asks a strategy for the address that begins a login.
 * @throws AuthError `provider_failed`
 */
export async function begin(
  provider: Provider,
  request: AuthRequest,
  secrets: Secrets,
  timeout: number,
): Promise<{ readonly url: string; readonly kept: Kept }> {
  const session: Record<string, unknown> = {};
  const outcome = await inTime(run(provider, requestOf(request, provider, session, {}), { secrets, session }), timeout);
  if (typeof outcome !== 'string') throw failed(new TypeError('The strategy did not redirect.'));
  const url = new URL(outcome);
  // Some strategies use their own state, others ours.
  const state = url.searchParams.get('state') ?? url.searchParams.get('RelayState') ?? '';
  return { url: url.href, kept: { state, session } };
}

/**
 * Lets a strategy check a provider's answer, and makes an identity of it.
 * @param timeout for both, in seconds
 * @throws AuthError `provider_answer_refused`, `provider_failed`
 */
export function complete(
  provider: Provider,
  request: AuthRequest,
  answered: Answered,
  timeout: number,
): Promise<Identity> {
  const judged = judge(provider, request, answered);
  return inTime(
    judged.then((answer) => identityOf(provider, answer)),
    timeout,
  );
}

async function judge(
  provider: Provider,
  request: AuthRequest,
  { parameters, secrets, kept, now }: Answered,
): Promise<ProviderAnswer> {
  const session = { ...kept.session };
  const outcome = await run(provider, requestOf(request, provider, session, parameters), { secrets, session });
  // A second redirect would be an endless loop.
  if (typeof outcome === 'string') throw new AuthError('provider_answer_refused');
  return read(outcome.values, provider, { nonce: secrets.nonce, now });
}

function run(provider: Provider, request: object, context: Context): Promise<string | HandedOver> {
  return new Promise((resolve, reject) => {
    const own = Object.create(provider.strategy) as Run;
    own.success = (user) =>
      user instanceof HandedOver ? resolve(user) : reject(failed(new TypeError('The strategy has its own verify.')));
    own.fail = () => reject(new AuthError('provider_answer_refused'));
    own.pass = own.fail;
    own.error = (error) => reject(error instanceof AuthError ? error : failed(error));
    own.redirect = (url) => resolve(url);
    Object.assign(own, ours(provider, context, own.error));
    // Some strategies are async, and nothing else would catch their rejection.
    (async () => own.authenticate(request, {}))().catch(own.error);
  });
}

/**
 * What a strategy sees of a request: always the same GET of our own address, with the provider's parameters, so that it
 * never builds anything from the `Host` header. SAML reads a form.
 */
function requestOf(request: AuthRequest, provider: Provider, session: object, parameters: Parameters): object {
  const { protocol, host, hostname, pathname } = new URL(provider.callbackUrl);
  const isForm = Object.hasOwn(parameters, 'SAMLResponse');
  const search = new URLSearchParams(parameters).toString();
  const url = isForm || search === '' ? pathname : `${pathname}?${search}`;
  const seen = {
    method: isForm ? 'POST' : 'GET',
    url,
    originalUrl: url,
    query: isForm ? {} : { ...parameters },
    body: isForm ? { ...parameters } : {},
    session,
    protocol: protocol.slice(0, -1),
    host,
    hostname,
    secure: protocol === 'https:',
    // Express's own would read the settings of the app.
    app: undefined,
  };
  const members = Object.entries(seen).map(([key, value]) => [
    key,
    { value, writable: true, configurable: true, enumerable: true },
  ]);
  return Object.create(request, Object.fromEntries(members)) as object;
}

/** Converts the arguments of all strategies to one form, and checks what they leave unchecked. */
function read(values: readonly unknown[], provider: Provider, meant: Meant): ProviderAnswer {
  const objects = values.filter((value) => typeof value === 'object' && value !== null) as Record<string, unknown>[];
  const tokens = objects.find((one) => typeof one.claims === 'function');
  if (tokens) {
    // openid-client has checked them.
    const claims = (tokens.claims as () => Record<string, unknown> | undefined)();
    return { profile: claims ?? {}, claims, accessToken: textOf(tokens.access_token) };
  }
  const { profile, idToken, accessToken } = parts(values, provider);
  const claims = typeof idToken === 'string' ? claimsOf(idToken) : undefined;
  if (claims) assertMeant(claims, provider, meant);
  const { id } = profile ?? {};
  // Profile and ID token must be of the same person (OpenID Connect Core §5.3.2).
  if (claims && id !== undefined && String(id) !== claims.sub) throw new AuthError('provider_answer_refused');
  return { profile: profile ?? {}, claims, accessToken };
}

/** Finds the profile and the ID token in the arguments of a strategy. */
function parts([first, second, third, fourth]: readonly unknown[], { strategy }: Provider) {
  // Access token, refresh token, the token endpoint's answer, profile. passport-apple's answer is the ID token.
  if (isOAuth(strategy)) {
    const idToken = typeof third === 'string' ? third : (Object(third) as { readonly id_token?: unknown }).id_token;
    return { profile: asProfile(fourth), idToken, accessToken: textOf(first) };
  }
  // passport-openidconnect: issuer, profile, context, ID token.
  if (typeof first === 'string') return { profile: asProfile(second), idToken: fourth, accessToken: undefined };
  return { profile: asProfile(first), idToken: undefined, accessToken: undefined };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asProfile(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function claimsOf(token: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())) as Record<
      string,
      unknown
    >;
  } catch {
    throw new AuthError('provider_answer_refused');
  }
}

/** It came from the token endpoint over TLS, so its signature need not be checked (OpenID Connect Core §3.1.3.7, 6). */
function assertMeant(claims: Record<string, unknown>, provider: Provider, { nonce, now }: Meant): void {
  const { iss, aud, exp } = claims;
  const isMeant =
    typeof iss === 'string' &&
    provider.isIssuer(iss) &&
    [aud].flat().includes(provider.clientId) &&
    typeof exp === 'number' &&
    exp * 1000 > now - CLOCKS_DIFFER &&
    (!provider.nonce || claims.nonce === nonce);
  if (!isMeant) throw new AuthError('provider_answer_refused');
}

function failed(cause: unknown): AuthError {
  return new AuthError('provider_failed', { cause });
}
