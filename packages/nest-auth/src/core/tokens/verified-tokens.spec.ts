import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type VerifiedToken, VerifiedTokens } from './verified-tokens.js';

const verified = (token: string, roles: readonly string[] = []): VerifiedToken => ({
  token,
  principal: { id: 'u', roles, permissions: [], sessionId: 's', methods: [], authenticatedAt: 0, claims: {} },
  issuedAt: 0,
  from: 0,
  until: 900,
  clearedOf: 0,
});

const randomToken = () => `head.body.${randomBytes(32).toString('base64url')}`;

/** Offered twice, because a token is not remembered at its first use. */
function remember(cache: VerifiedTokens, token: VerifiedToken): void {
  cache.remember(token);
  cache.remember(token);
}

describe('verified tokens', () => {
  test('are remembered from their second use on', () => {
    const cache = new VerifiedTokens();
    const token = 'head.body.signature';
    cache.remember(verified(token));
    expect(cache.get(token)).toBeUndefined();
    const second = verified(token);
    cache.remember(second);
    expect(cache.get(token)).toEqual(second);
  });

  test('are all remembered if many take turns', () => {
    const cache = new VerifiedTokens();
    const tokens = Array.from({ length: 2000 }, randomToken);
    for (const token of [...tokens, ...tokens]) cache.remember(verified(token));
    // Two tokens may share the few bits by which they are found.
    expect(tokens.filter((token) => !cache.get(token)).length).toBeLessThanOrEqual(2);
  });

  test('are not remembered too early, even after many others were used once', () => {
    const cache = new VerifiedTokens();
    const tokens = Array.from({ length: 200_000 }, randomToken);
    for (const token of tokens) cache.remember(verified(token));
    const latest = tokens.slice(-20_000);
    const early = latest.filter((token) => cache.get(token)).length;
    expect(early / latest.length).toBeLessThan(0.05);
  });

  test('with the same roles share one list of them, and only then', () => {
    const cache = new VerifiedTokens();
    const rolesOf = (name: string, roles: readonly string[]) => {
      remember(cache, verified(`head.body.${name}`, roles));
      return cache.get(`head.body.${name}`)?.principal.roles;
    };
    const roles = rolesOf('first', ['a', 'b']);
    expect(rolesOf('other', ['a', 'b'])).toBe(roles);
    expect([['a,b'], ['a', 'b', ''], ['a","b'], []].map((list, index) => rolesOf(`own-${index}-`, list))).toEqual([
      ['a,b'],
      ['a', 'b', ''],
      ['a","b'],
      [],
    ]);
  });

  test('keep their roles if there are more lists than can be shared', () => {
    const cache = new VerifiedTokens();
    for (let index = 1000; index < 3000; index++) {
      remember(cache, verified(`head.body.${index}-`, [`role-${index}`]));
      expect(cache.get(`head.body.${index}-`)?.principal.roles).toEqual([`role-${index}`]);
    }
  });

  test('that are used once evict none', () => {
    const cache = new VerifiedTokens(10_000);
    const regular = verified('head.body.regular');
    remember(cache, regular);
    for (let index = 0; index < 10_000; index++) cache.remember(verified(randomToken()));
    expect(cache.get(regular.token)).toEqual(regular);
  });

  test('are found again, whole', () => {
    const cache = new VerifiedTokens();
    const entry = verified('head.body.signature');
    remember(cache, entry);
    expect(cache.get('head.body.signature')).toEqual(entry);
  });

  test.each([
    'head.evil.signature',
    'evil.body.signature',
    'signature',
    '.signature',
    'head.body.signature.',
    'head.body.Signature',
    '',
  ])('do not vouch for %j', (token) => {
    const cache = new VerifiedTokens();
    remember(cache, verified('head.body.signature'));
    expect(cache.get(token)).toBeUndefined();
  });

  test('with the same end replace each other: at worst one is verified again, never confused', () => {
    const cache = new VerifiedTokens();
    const [one, other] = [verified('head.body.one-ALIKE'), verified('head.body.other-ALIKE')];
    remember(cache, one);
    expect(cache.get(other.token)).toBeUndefined();
    expect(cache.get(one.token)).toEqual(one);
    remember(cache, other);
    expect([cache.get(one.token), cache.get(other.token)]).toEqual([undefined, other]);
  });

  test('do not vouch for another token of the same signature after a turn either', () => {
    const cache = new VerifiedTokens(20);
    remember(cache, verified('head.body.signature'));
    remember(cache, verified('a.b.c'));
    expect(cache.get('head.evil.signature')).toBeUndefined();
    expect(cache.get('head.body.signature')).toBeDefined();
  });

  test('are evicted if they are not used, and kept if they are', () => {
    const cache = new VerifiedTokens(100);
    remember(cache, verified('kept.kept.kept'));
    remember(cache, verified('idle.idle.idle'));
    for (let index = 100; index < 200; index++) {
      remember(cache, verified(`a.b.${index}`));
      expect(cache.get('kept.kept.kept')).toBeDefined();
    }
    expect(cache.get('idle.idle.idle')).toBeUndefined();
  });

  test('never hold more than twice the capacity, however they are used', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 50 })), { minLength: 150, maxLength: 300 }),
        (steps) => {
          const cache = new VerifiedTokens(100);
          const name = (index: number) => `h.p.${'x'.repeat(index % 7)}${index}`;
          for (const [add, index] of steps) add ? remember(cache, verified(name(index))) : cache.get(name(index));
          const held = Array.from({ length: 51 }, (_, index) => name(index)).filter((token) => cache.get(token));
          expect(held.join('').length).toBeLessThanOrEqual(200);
        },
      ),
    ));

  test('are removed by clear: both generations, and the marks of first uses', () => {
    const cache = new VerifiedTokens(10);
    remember(cache, verified('a.b.old'));
    remember(cache, verified('a.b.young'));
    cache.clear();
    expect([cache.get('a.b.old'), cache.get('a.b.young')]).toEqual([undefined, undefined]);
    cache.remember(verified('a.b.young'));
    expect(cache.get('a.b.young')).toBeUndefined();
  });
});
