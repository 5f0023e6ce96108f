import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type VerifiedToken, VerifiedTokens } from './verified-tokens.js';

const verified = (token: string): VerifiedToken => ({
  token,
  principal: { id: 'u', roles: [], permissions: [], sessionId: 's', claims: {} },
  issuedAt: 0,
  from: 0,
  until: 900,
  clearedOf: 0,
});

/** Offered twice: what comes once is not remembered. */
function remember(cache: VerifiedTokens, token: VerifiedToken): void {
  cache.offer(token);
  cache.offer(token);
}

describe('verified tokens', () => {
  test('are remembered from their second time on', () => {
    const cache = new VerifiedTokens();
    const token = 'head.body.signature';
    cache.offer(verified(token));
    expect(cache.get(token)).toBeUndefined();
    const second = verified(token);
    cache.offer(second);
    expect(cache.get(token)).toBe(second);
  });

  test('that come once put out nobody', () => {
    const cache = new VerifiedTokens(100);
    const regular = verified('head.body.regular');
    remember(cache, regular);
    for (let index = 0; index < 10_000; index++) cache.offer(verified(`head.body.${1_000_000 + index * 7919}-`));
    expect(cache.get(regular.token)).toBe(regular);
  });

  test('are found again, whole', () => {
    const cache = new VerifiedTokens();
    const entry = verified('head.body.signature');
    remember(cache, entry);
    expect(cache.get('head.body.signature')).toBe(entry);
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

  test("that end alike take each other's place: at worst one is verified again, never mistaken", () => {
    const cache = new VerifiedTokens();
    const [one, other] = [verified('head.body.one-ALIKE'), verified('head.body.other-ALIKE')];
    remember(cache, one);
    expect(cache.get(other.token)).toBeUndefined();
    expect(cache.get(one.token)).toBe(one);
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

  test('forget what is not asked for, and keep what is', () => {
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

  test('are gone after clear, both generations, and those that came once', () => {
    const cache = new VerifiedTokens(10);
    remember(cache, verified('a.b.old'));
    remember(cache, verified('a.b.young'));
    cache.clear();
    expect([cache.get('a.b.old'), cache.get('a.b.young')]).toEqual([undefined, undefined]);
    cache.offer(verified('a.b.young'));
    expect(cache.get('a.b.young')).toBeUndefined();
  });
});
