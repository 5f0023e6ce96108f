import { type AuthRequest, EphemeralStore, ShortCookies } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { digestOf, random } from './secret-values.js';
import type { Kept, Parameters, Secrets } from './strategies/provider.js';

/** What happens after the provider has answered. */
export interface Intent {
  readonly returnTo: string;
  /** Tokens in cookies, or a code for them that only the client with the verifier can use (RFC 7636). */
  readonly deliver: { readonly by: 'cookie' } | { readonly by: 'code'; readonly challenge: string };
  readonly remember: boolean;
  /** The user who adds an identity, in place of a login. */
  readonly linkTo?: string;
}

/** A login that has begun and waits for its provider's answer. */
export interface Flow extends Intent {
  readonly secrets: Secrets;
  readonly kept: Kept;
  /** The client id of the request. Each tenant may have its own. */
  readonly clientId: string;
}

const COOKIE = 'social';
/** In seconds. */
const FLOW_LIVES = 600;
const FORM_LIVES = 60;

/**
 * Logins that wait for their provider's answer. A login is found by the provider, the returned state, and a cookie that
 * only the browser that began it has; and it is found only once. A page of another site can send its visitor here with
 * its own state, but not with the cookie.
 */
@Injectable()
export class Flows {
  constructor(
    @Inject(EphemeralStore) private readonly store: EphemeralStore,
    @Inject(ShortCookies) private readonly cookies: ShortCookies,
  ) {}

  /** Keeps a flow for the browser of this request. Logins of several tabs share its cookie. */
  async keep(provider: string, flow: Flow, request: AuthRequest, response: unknown): Promise<void> {
    const browser = this.#browserOf(request) ?? random();
    await this.store.put(keyOf([provider, browser, flow.kept.state]), JSON.stringify(flow), FLOW_LIVES);
    this.cookies.set(response, COOKIE, browser, FLOW_LIVES);
  }

  /** @returns the flow to exactly one caller; `null` if this browser has not begun it with this provider */
  async take(provider: string, state: string, request: AuthRequest): Promise<Flow | null> {
    const browser = this.#browserOf(request);
    if (browser === undefined) return null;
    const found = await this.store.take(keyOf([provider, browser, state]));
    return found === null ? null : (JSON.parse(found) as Flow);
  }

  /** Keeps a form that came without the cookie, because browsers do not send it with a post from another site. */
  async keepForm(provider: string, form: Parameters): Promise<string> {
    const handle = random();
    await this.store.put(keyOf([provider, 'form', handle]), JSON.stringify(form), FORM_LIVES);
    return handle;
  }

  /** The form is not removed: it is useless after its flow, which works only once. */
  async formOf(provider: string, handle: string): Promise<Parameters | null> {
    const found = await this.store.get(keyOf([provider, 'form', handle]));
    return found === null ? null : (JSON.parse(found) as Parameters);
  }

  #browserOf(request: AuthRequest): string | undefined {
    const found = this.cookies.read(request, COOKIE);
    return found !== undefined && /^[\w-]{43}$/.test(found) ? found : undefined;
  }
}

/** A digest, so that a reader of the store cannot take over a login. */
function keyOf(parts: readonly string[]): string {
  return `social:${digestOf(JSON.stringify(parts))}`;
}
