import { createServer, type Server, type ServerResponse } from 'node:http';
import { Provider } from 'oidc-provider';
import { freePort } from './app.js';
import type { Person } from './fake-provider.js';

/** The provider's deviations from correct behaviour. */
interface Misbehaviour {
  /** In place of an answer of UserInfo. */
  userInfo?: (response: ServerResponse) => void;
}

/**
 * oidc-provider on this machine, at which one person is always logged in and always agrees. As in OpenID Connect Core
 * §5.4, the address is in the answer of UserInfo, and not in the ID token.
 */
export async function openIdProvider(person: Person, redirectUris: readonly string[]) {
  const misbehaviour: Misbehaviour = {};
  const url = `http://127.0.0.1:${await freePort()}`;
  const { id, email, verified, name } = person;
  const provider = new Provider(url, {
    clients: [
      {
        client_id: 'client',
        client_secret: 'a secret of the client',
        redirect_uris: [...redirectUris],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['a key of the tests'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: () => '/interaction' },
    findAccount: () => ({
      accountId: id,
      claims: () => ({ sub: id, email, email_verified: verified, name }),
    }),
    loadExistingGrant: async (ctx: {
      oidc: { client: { clientId: string }; session: { accountId: string }; provider: Provider };
    }) => {
      const { client, session, provider: own } = ctx.oidc;
      const grant = new own.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  const handle = provider.callback();
  const server: Server = createServer((request, response) => {
    if (request.url === '/me' && misbehaviour.userInfo) misbehaviour.userInfo(response);
    else if (request.url?.startsWith('/interaction')) {
      provider.interactionFinished(request, response, { login: { accountId: id } }).catch(() => response.end());
    } else handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, client: { id: 'client', secret: 'a secret of the client' }, misbehaviour, stop };
}
