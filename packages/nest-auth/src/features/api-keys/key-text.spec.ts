import { describe, expect, test } from '@jest/globals';
import { digestOf, isKey, makeKey } from './key-text.js';

const KEY = makeKey('live');

test('a key names its environment, and has 43 digits of secret and 6 of checksum behind it', () => {
  expect(KEY).toMatch(/^nak_live_[0-9A-Za-z]{49}$/);
  expect(makeKey('test')).toMatch(/^nak_test_[0-9A-Za-z]{49}$/);
  expect(isKey(KEY, 'live')).toBe(true);
});

test('no two keys are alike, and all 256 bits vary', () => {
  const keys = Array.from({ length: 2000 }, () => makeKey('live').slice(9, -6));
  expect(new Set(keys).size).toBe(keys.length);
  for (let at = 0; at < 43; at++) expect(new Set(keys.map((key) => key[at])).size).toBe(62);
});

test('a key of another environment is invalid', () => {
  expect(isKey(KEY, 'test')).toBe(false);
  expect(isKey(KEY.replace('live', 'test'), 'test')).toBe(false);
});

test('one wrong character, or two that changed places, is found without a store', () => {
  for (let at = 9; at < KEY.length; at++) {
    const other = KEY[at] === 'a' ? 'b' : 'a';
    expect(isKey(KEY.slice(0, at) + other + KEY.slice(at + 1), 'live')).toBe(false);
    const swapped = KEY.slice(0, at - 1) + KEY[at] + KEY[at - 1] + KEY.slice(at + 1);
    expect(isKey(swapped, 'live')).toBe(swapped === KEY);
  }
});

describe('a text that only looks like a key is invalid', () => {
  test.each([
    ['nothing', ''],
    ['the prefix', 'nak_'],
    ['no secret', 'nak_live_'],
    ['too short', KEY.slice(0, -1)],
    ['too long', `${KEY}0`],
    ['a space behind', `${KEY} `],
    ['a line end behind', `${KEY}\n`],
    ['a space before', ` ${KEY}`],
    ['two keys', `${KEY}, ${KEY}`],
    ['capitals', KEY.toUpperCase()],
    ['NUL', `${KEY.slice(0, -1)}\0`],
    ['another script', `${KEY.slice(0, -1)}а`],
    ['dashes', `nak_live_${'-'.repeat(49)}`],
    ['another environment', KEY.replace('live', 'prod')],
    ['a prototype', 'nak___proto___'],
    ['20 MB', `nak_live_${'0'.repeat(20_000_000)}`],
  ])('%s', (_what, text) => {
    const started = performance.now();
    expect([isKey(text, 'live'), isKey(text, 'test')]).toEqual([false, false]);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

test('the stored SHA-256 digest does not contain the key', () => {
  expect(digestOf('abc')).toBe(
    Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex').toString('base64url'),
  );
  expect(digestOf(KEY)).toHaveLength(43);
});
