import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JwtService } from '@nestjs/jwt';

/** The parts of a Keycloak realm that its resource servers see: the keys, and tokens of its form. */
export async function startKeycloak() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'realm-key', alg: 'RS256', use: 'sig' };
  const server = createServer((request, response) => {
    const isCerts = request.url === '/realms/acme/protocol/openid-connect/certs';
    response.writeHead(isCerts ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isCerts ? { keys: [{ ...jwk, kid: 'other', alg: 'RSA-OAEP', use: 'enc' }, jwk] } : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/acme`;
  const jwt = new JwtService({ privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() });
  const tokenOf = (username: string, claims: object = {}) =>
    jwt.sign(
      {
        ...{ sub: `id-of-${username}`, preferred_username: username, typ: 'Bearer', azp: 'web', sid: 's', jti: 'j' },
        ...{
          iss: issuer,
          aud: ['notes', 'account'],
          realm_access: { roles: ['offline_access'] },
          'allowed-origins': ['/*'],
        },
        ...claims,
      },
      { algorithm: 'RS256', keyid: 'realm-key', expiresIn: '5m' },
    );
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { issuer, tokenOf, close };
}
