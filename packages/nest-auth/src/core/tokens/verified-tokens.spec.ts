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

describe('verified tokens', () => {
  test('are found again, whole', () => {
    const cache = new VerifiedTokens();
    const entry = verified('head.body.signature');
    cache.add(entry);
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
    cache.add(verified('head.body.signature'));
    expect(cache.get(token)).toBeUndefined();
  });

  test("that end alike take each other's place: at worst one is verified again, never mistaken", () => {
    const cache = new VerifiedTokens();
    const [one, other] = [verified('head.body.one-ALIKE'), verified('head.body.other-ALIKE')];
    cache.add(one);
    expect(cache.get(other.token)).toBeUndefined();
    expect(cache.get(one.token)).toBe(one);
    cache.add(other);
    expect([cache.get(one.token), cache.get(other.token)]).toEqual([undefined, other]);
  });

  test('do not vouch for another token of the same signature after a turn either', () => {
    const cache = new VerifiedTokens(20);
    cache.add(verified('head.body.signature'));
    cache.add(verified('a.b.c'));
    expect(cache.get('head.evil.signature')).toBeUndefined();
    expect(cache.get('head.body.signature')).toBeDefined();
  });

  test('forget what is not asked for, and keep what is', () => {
    const cache = new VerifiedTokens(100);
    cache.add(verified('kept.kept.kept'));
    cache.add(verified('idle.idle.idle'));
    for (let index = 100; index < 200; index++) {
      cache.add(verified(`a.b.${index}`));
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
          for (const [add, index] of steps) add ? cache.add(verified(name(index))) : cache.get(name(index));
          const held = Array.from({ length: 51 }, (_, index) => name(index)).filter((token) => cache.get(token));
          expect(held.join('').length).toBeLessThanOrEqual(200);
        },
      ),
    ));

  test('are gone after clear, both generations', () => {
    const cache = new VerifiedTokens(10);
    cache.add(verified('a.b.old'));
    cache.add(verified('a.b.young'));
    cache.clear();
    expect([cache.get('a.b.old'), cache.get('a.b.young')]).toEqual([undefined, undefined]);
  });
});
