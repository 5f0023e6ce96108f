import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

interface Session {
  readonly user: string;
  generation: number;
  /** Access tokens of older generations are refused from now on. */
  expiredBelow: number;
  revoked: boolean;
}

/**
 * An API that speaks the library's protocol with cookies: rotation with a grace time for the last generation, and
 * counters. Access and refresh cookies are `<session>.<generation>`.
 */
export async function startApi() {
  const sessions: Session[] = [];
  const requests: { readonly route: string; readonly headers: IncomingMessage['headers']; readonly body: string }[] =
    [];
  /** Answers in place of the routes below, by `METHOD /path`. */
  const instead = new Map<string, Handler>();
  /** Origins whose pages may call, with credentials. */
  const allowed = new Set<string>();
  let rotations = 0;
  let repeats = 0;

  const issue = (response: ServerResponse, id: number, status = 200) => {
    const value = `${id}.${sessions[id]!.generation}`;
    const cookies = ['access', 'refresh'].map((name) => `${name}=${value}; Path=/; HttpOnly; SameSite=Lax`);
    json(response.setHeader('Set-Cookie', cookies), status, { expires_in: 900 });
  };

  const routes: Record<string, Handler> = {
    'POST /auth/login': (_, response, body) => {
      const { email, password } = JSON.parse(body);
      if (password === 'wrong') return refuse(response, 401, 'invalid_credentials', 'Bearer realm="api"');
      if (password === 'held') return json(response, 200, { challenge: 'totp', challenge_token: 't', expires_in: 300 });
      issue(response, sessions.push({ user: email, generation: 0, expiredBelow: 0, revoked: false }) - 1);
    },
    'POST /auth/login/totp': (_, response) =>
      issue(response, sessions.push({ user: 'held', generation: 0, expiredBelow: 0, revoked: false }) - 1),
    'POST /auth/refresh': (request, response) => {
      const [id, generation] = cookie(request, 'refresh');
      const session = sessions[id];
      if (!session) return refuse(response, 401, 'missing_token', 'Bearer realm="api"');
      if (session.revoked) return refuse(response, 401, 'session_revoked');
      if (generation === session.generation) {
        session.generation += 1;
        rotations += 1;
      } else repeats += 1;
      issue(response, id);
    },
    'POST /auth/logout': (request, response) => {
      const session = sessions[cookie(request, 'refresh')[0]];
      if (session) session.revoked = true;
      const gone = ['access', 'refresh'].map((name) => `${name}=; Path=/; Max-Age=0`);
      response.setHeader('Set-Cookie', gone).writeHead(204).end();
    },
    'GET /notes': notes,
    'GET /auth/me': notes,
    'POST /notes': notes,
  };

  function notes(request: IncomingMessage, response: ServerResponse, body: string) {
    const [id, generation] = cookie(request, 'access');
    const session = sessions[id];
    if (!session) return refuse(response, 401, 'missing_token', 'Bearer realm="api"');
    if (session.revoked) return refuse(response, 401, 'token_revoked');
    if (generation < session.expiredBelow) return refuse(response, 401, 'token_expired');
    json(response, 200, { user: session.user, body });
  }

  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const route = `${request.method} ${request.url}`;
    requests.push({ route, headers: request.headers, body });
    const { origin = '' } = request.headers;
    if (allowed.has(origin)) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Access-Control-Allow-Credentials', 'true');
      response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type, x-auth-transport');
      if (request.method === 'OPTIONS') return response.writeHead(204).end();
    }
    const handler = instead.get(route) ?? routes[route];
    if (handler) handler(request, response, body);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    instead,
    allowed,
    count: (route: string) => requests.filter((one) => one.route === route).length,
    /** Refreshes that rotated a session. */
    rotations: () => rotations,
    /** Refreshes that sent a token a second time. */
    repeats: () => repeats,
    /** As if `ttl.access` had passed. */
    expire: () => {
      for (const session of sessions) session.expiredBelow = session.generation + 1;
    },
    revoke: () => {
      for (const session of sessions) session.revoked = true;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

export type Api = Awaited<ReturnType<typeof startApi>>;

export function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** Refuses in the format of the library's filter. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  challenge = 'Bearer realm="api", error="invalid_token"',
): void {
  if (status === 401) response.setHeader('WWW-Authenticate', challenge);
  json(response, status, { statusCode: status, code, message: `Refused: ${code}.` });
}

function cookie({ headers }: IncomingMessage, name: string): [id: number, generation: number] {
  const [, id, generation] = new RegExp(`\\b${name}=(\\d+)\\.(\\d+)`).exec(headers.cookie ?? '') ?? [];
  return [Number(id ?? -1), Number(generation ?? -1)];
}
