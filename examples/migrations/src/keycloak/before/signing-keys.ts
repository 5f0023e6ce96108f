import { createPublicKey } from 'node:crypto';

/** The public key that a token names. The guides use `passportJwtSecret` of jwks-rsa, which does this with a cache. */
export async function signingKeyOf(token: string): Promise<string> {
  const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
  const answer = await fetch(`${process.env.OIDC_ISSUER}/protocol/openid-connect/certs`);
  const { keys } = (await answer.json()) as { keys: { kid: string }[] };
  const jwk = keys.find((key) => key.kid === kid);
  if (!jwk) throw new Error('Unknown key.');
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
}
