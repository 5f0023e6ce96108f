import { createHash, generateKeyPair } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { type Context, interactionPolicy, Provider } from 'oidc-provider';
import type { Client } from './client.js';
import { DEAD_END, headersOf, LOGIN_PAGE } from './login-page.js';
import { Memory } from './memory.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const SCOPES = 'openid email profile';
/** In seconds: enough for one login. */
const LIVES = 600;
/** OAuth's error for a user who cancels. */
const CANCELLED = { error: 'access_denied', error_description: 'The user cancelled the login.' };

/** An OpenID provider that asks for an address and nothing else. @param callback where its only client is */
export async function standInProvider({ issuer, ...client }: Client, callback: string): Promise<Handler> {
  const addresses = new Map<string, string>();
  const provider = new Provider(issuer, {
    ...(await settings()),
    clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [callback] }],
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, ...claimsOf(addresses.get(accountId) ?? '') }),
    }),
    renderError: (context: { body: string; set(headers: object): void }) => {
      context.set(headersOf(callback));
      context.body = DEAD_END;
    },
  });
  const handle = provider.callback();

  /** One step of a login: the page, and what was typed into it. */
  const interact: Handler = async (request, response) => {
    const show = (status: number, page: string) => void response.writeHead(status, headersOf(callback)).end(page);
    const isBegun = await provider.interactionDetails(request, response).catch(() => false);
    if (!isBegun) return show(404, DEAD_END);
    if (request.method !== 'POST') return show(200, LOGIN_PAGE);
    const form = new URLSearchParams(await text(request));
    if (form.has('cancel')) return provider.interactionFinished(request, response, CANCELLED);
    const address = form.get('email')?.trim().toLowerCase() ?? '';
    if (!/^[^\s@]+@[^\s@]+$/.test(address)) return show(400, LOGIN_PAGE);
    const accountId = subjectOf(address);
    addresses.set(accountId, address);
    return provider.interactionFinished(request, response, { login: { accountId } });
  };
  return (request, response) =>
    request.url?.startsWith('/interaction/') ? interact(request, response) : handle(request, response);
}

/** The same subject after a restart. It is not the address itself, because an address may change its owner. */
function subjectOf(address: string): string {
  return createHash('sha256').update(address).digest('base64url');
}

function claimsOf(address: string) {
  return { email: address, email_verified: true, name: address.split('@')[0] };
}

async function settings() {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const kinds = ['AccessToken', 'AuthorizationCode', 'Grant', 'IdToken', 'Interaction', 'Session'];
  return {
    adapter: Memory,
    jwks: { keys: [privateKey.export({ format: 'jwk' })] },
    ttl: Object.fromEntries(kinds.map((kind) => [kind, LIVES])),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}`, policy: policy() },
    loadExistingGrant: agreed,
  };
}

/** Each login asks for the address, so that a developer can try several users. */
function policy() {
  const base = interactionPolicy.base();
  const asks = new interactionPolicy.Check('asks_each_time', 'Each login asks.', ({ oidc }) => {
    if (oidc.result?.login) return false;
    delete oidc.session.accountId;
    return true;
  });
  base.get('login').checks.add(asks);
  return base;
}

/** Grants the app the address without asking for consent. */
async function agreed({ oidc }: Context) {
  const { client, session, provider } = oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(SCOPES);
  await grant.save();
  return grant;
}
