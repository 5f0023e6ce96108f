import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A person at a provider. */
export interface Person {
  readonly id: string;
  readonly email: string | null;
  readonly verified: boolean;
  readonly name: string;
}

export interface FakeOptions {
  readonly clientId: string;
  /** `undefined` for a client that makes a new secret each time. */
  readonly clientSecret: string | undefined;
  /** The answers of the API, by path. */
  readonly api: (person: Person) => Readonly<Record<string, unknown>>;
  /** Whether it answers with an ID token. */
  readonly idToken?: boolean;
  /** Whether it answers with a form. */
  readonly form?: boolean;
}

interface Grant {
  readonly person: Person;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly nonce: string | null;
}

/** The provider's deviations from correct behaviour. */
export interface Misbehaviour {
  authorize?: (answer: URLSearchParams) => void;
  idToken?: (claims: Record<string, unknown>) => void;
  /** In place of the token endpoint's answer. */
  token?: (response: ServerResponse) => void;
  /** In place of an answer of the API. */
  api?: (response: ServerResponse) => void;
}

/** An OAuth provider on this machine. It refuses incorrect requests, and remembers why. */
export class FakeProvider {
  readonly problems: string[] = [];
  readonly grants = new Map<string, Grant>();
  readonly tokens = new Map<string, Person>();
  /** The parameters of the last login. */
  asked = new URLSearchParams();
  person: Person = { id: 'p-1', email: 'ann@example.org', verified: true, name: 'Ann' };
  misbehaviour: Misbehaviour = {};
  /** The clock of the app. */
  clock: () => number = Date.now;
  #server!: Server;
  url = '';

  constructor(readonly options: FakeOptions) {}

  async start(): Promise<this> {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        this.problems.push(String(error));
        response.writeHead(400).end(JSON.stringify({ error: 'invalid_request' }));
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get issuer(): string {
    return this.url;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    if (url.pathname === '/authorize') return this.#authorize(url.searchParams, response);
    if (url.pathname === '/token') return this.#token(new URLSearchParams(await textOf(request)), response);
    return this.#api(request, url, response);
  }

  #authorize(asked: URLSearchParams, response: ServerResponse): void {
    this.asked = asked;
    const { clientId, form = false } = this.options;
    const [state, challenge, redirectUri] = ['state', 'code_challenge', 'redirect_uri'].map((name) => asked.get(name));
    check(asked.get('client_id') === clientId, 'another client');
    check(/^[\w-]{43}$/.test(state ?? ''), 'no state of 256 bits');
    check(/^[\w-]{43}$/.test(challenge ?? '') && asked.get('code_challenge_method') === 'S256', 'no PKCE');
    check(/^code\b/.test(asked.get('response_type') ?? ''), 'no code asked for');
    const code = randomBytes(16).toString('base64url');
    const nonce = asked.get('nonce');
    if (this.options.idToken) check(/^[\w-]{43}$/.test(nonce ?? ''), 'no nonce');
    this.grants.set(code, { person: this.person, challenge: challenge ?? '', redirectUri: redirectUri ?? '', nonce });
    const answer = new URLSearchParams({ code, state: state ?? '' });
    this.misbehaviour.authorize?.(answer);
    if (!form) {
      response.writeHead(302, { Location: `${redirectUri}?${answer}` }).end();
      return;
    }
    check(asked.get('response_mode') === 'form_post', 'no form asked for');
    // A page that submits its form itself; the browser of the tests reads it.
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ action: redirectUri, form: answer.toString() }));
  }

  #token(sent: URLSearchParams, response: ServerResponse): void {
    if (this.misbehaviour.token) {
      this.misbehaviour.token(response);
      return;
    }
    const grant = this.grants.get(sent.get('code') ?? '');
    check(grant !== undefined, 'an unknown code');
    this.grants.delete(sent.get('code') ?? '');
    check(sent.get('client_id') === this.options.clientId, 'another client at the token endpoint');
    const { clientSecret } = this.options;
    if (clientSecret !== undefined) check(sent.get('client_secret') === clientSecret, 'another secret');
    check(sent.get('redirect_uri') === grant.redirectUri, 'another redirect_uri');
    const digest = createHash('sha256')
      .update(sent.get('code_verifier') ?? '')
      .digest('base64url');
    check(digest === grant.challenge, 'another verifier');
    const token = randomBytes(16).toString('base64url');
    this.tokens.set(token, grant.person);
    const idToken = this.options.idToken ? { id_token: this.#idToken(grant) } : {};
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600, ...idToken }));
  }

  #idToken({ person, nonce }: Grant): string {
    const now = Math.floor(this.clock() / 1000);
    const claims: Record<string, unknown> = {
      ...{ iss: this.issuer, aud: this.options.clientId, sub: person.id, iat: now, exp: now + 300, nonce },
      ...{ email: person.email, email_verified: person.verified, name: person.name },
    };
    this.misbehaviour.idToken?.(claims);
    const parts = [{ alg: 'RS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    return `${parts.join('.')}.signature`;
  }

  #api(request: IncomingMessage, url: URL, response: ServerResponse): void {
    check(!url.search.includes('access_token'), 'a token in the address');
    const person = this.tokens.get(/^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
    check(person !== undefined, 'an unknown token');
    if (this.misbehaviour.api) {
      this.misbehaviour.api(response);
      return;
    }
    const found = this.options.api(person)[url.pathname];
    check(found !== undefined, `nothing at ${url.pathname}`);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(found));
  }
}

function check(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new TypeError(problem);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
