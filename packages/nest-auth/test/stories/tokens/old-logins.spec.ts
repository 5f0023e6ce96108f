import type { OldClaims } from '@acme/nest-auth/old-tokens';
import { afterEach, describe, expect, test } from '@jest/globals';
import { NOW, OLD_SECRET, type OldTokensOptions, oldAccess, switched } from '../../support/old-tokens.js';

let app: Awaited<ReturnType<typeof switched>>;
afterEach(() => app.close());

async function boot(changes: Partial<OldTokensOptions> = {}) {
  app = await switched(changes);
  return app.ada;
}

describe('an old access token that names its user by an address', () => {
  const byMail: Partial<OldTokensOptions> = {
    access: { key: OLD_SECRET, alg: 'HS256', user: ({ mail }) => ({ login: String(mail) }) },
  };
  const tokenFor = (mail: string, claims: object = {}) => oldAccess('any', { mail, ...claims });
  /** Somebody else registers with the address that Ada had. */
  async function handOver(verifiedAt?: number) {
    const { id, email } = await boot(byMail);
    await app.userStore.setLogin(id, 'ada-now@example.org', email);
    const bob = await app.userStore.create({ login: email, passwordHash: null, roles: [], profile: {} });
    if (verifiedAt !== undefined) await app.userStore.setEmailVerified(bob.id, email, new Date(verifiedAt * 1000));
    return { email, bob };
  }

  test('is refused if somebody else has verified the address since then', async () => {
    const { email } = await handOver(NOW + 1);
    expect(await app.fares(tokenFor(email))).toEqual([401, 'token_revoked']);
  });

  test.each([
    ['before it was issued', NOW - 1],
    ['in the second in which it was issued', NOW + 0.9],
  ])('opens the account of the new owner, who verified it %s', async (_, verifiedAt) => {
    const { email, bob } = await handOver(verifiedAt);
    expect((await app.as(tokenFor(email)).get('/mine').expect(200)).body.id).toBe(bob.id);
  });

  test('is not compared with the verification if it has no `iat`', async () => {
    const { email, bob } = await handOver(NOW + 1);
    const timeless = oldAccess('any', { mail: email }, { noTimestamp: true });
    expect((await app.as(timeless).get('/mine').expect(200)).body.id).toBe(bob.id);
  });
});

test('an old access token that names its user by the id works after a later verification', async () => {
  const { id, email } = await boot();
  await app.userStore.setEmailVerified(id, email, new Date((NOW + 60) * 1000));
  expect(await app.fares(oldAccess(id))).toEqual([200, undefined]);
});

describe('the app may look for the user itself', () => {
  const bySince = (since: () => Promise<number>) => ({
    access: {
      key: OLD_SECRET,
      alg: 'HS256' as const,
      user: async ({ sub, iat }: OldClaims) => ((await since()) <= Number(iat) ? String(sub) : null),
    },
  });

  test('and refuse a token that is older than what it knows', async () => {
    const { id } = await boot(bySince(async () => NOW));
    expect(await app.fares(oldAccess(id))).toEqual([200, undefined]);
    expect(await app.fares(oldAccess(id, { iat: NOW - 1 }))).toEqual([401, 'invalid_token']);
  });

  test.each([
    ['that rejects', () => Promise.reject(new Error('down'))],
    [
      'that throws',
      () => {
        throw new Error('down');
      },
    ],
  ])('and a failure %s is 503, never 401', async (_, user: () => Promise<null>) => {
    const { id } = await boot({ access: { key: OLD_SECRET, alg: 'HS256', user } });
    expect(await app.fares(oldAccess(id))).toEqual([503, 'store_unavailable']);
  });
});
