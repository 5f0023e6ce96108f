import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { dictionary } from '@zxcvbn-ts/language-common';
import { FakeHasher } from '../../../test/support/fake-hasher.js';
import { AuthError } from '../errors/auth-error.js';
import { HashQueue } from '../resilience/hash-queue.js';
import type { PasswordHooks } from './password-hooks.js';
import { PasswordService } from './password-service.js';

const LOGIN = 'ann@example.org';

let hasher: FakeHasher;
let passwords: PasswordService;

interface Given {
  readonly minLength?: number;
  readonly accepts?: FakeHasher[];
  readonly hasher?: FakeHasher;
  readonly hooks?: readonly PasswordHooks[];
}

function make(options: Given = {}) {
  hasher = options.hasher ?? new FakeHasher();
  const queue = new HashQueue(2, 10, () => {});
  return new PasswordService({ hasher, accepts: [], queue, minLength: 12, maxLength: 256, ...options });
}

beforeEach(() => {
  passwords = make();
});

describe('the one form of a password', () => {
  test('composed and decomposed spellings are the same password', () => {
    expect(passwords.normalise('cafe\u0301 au lait')).toBe(passwords.normalise('caf\u00e9 au lait'));
  });

  test.each([' pass phrase ', 'Pass Phrase', 'ｐａｓｓ', '\tpass\n', '𝕡𝕒𝕤𝕤'])(
    '%j is neither trimmed nor folded',
    (password) => {
      expect(passwords.normalise(password)).toBe(password);
    },
  );

  test.each(['abc\0def', '\0', 'lone \ud800 surrogate', 'lone \udfff surrogate', '\udc00\ud800'])(
    'NUL and lone surrogates, which hashers confuse, are refused: %j',
    (password) => {
      expect(() => passwords.normalise(password)).toThrow(expect.objectContaining({ code: 'password_malformed' }));
    },
  );

  test('a character outside the BMP is one character, and no lone surrogate', () => {
    expect(passwords.normalise('🙂'.repeat(256))).toBe('🙂'.repeat(256));
  });

  test.each(['x'.repeat(257), '🙂'.repeat(257), 'x'.repeat(1_000_000), 'e\u0301'.repeat(257)])(
    'more than the maximum is refused before any hash',
    (password) => {
      const before = hasher.calls;
      expect(() => passwords.normalise(password)).toThrow(expect.objectContaining({ code: 'password_too_long' }));
      expect(hasher.calls).toBe(before);
    },
  );

  test('the maximum counts characters after composing them', () => {
    expect(passwords.normalise('e\u0301'.repeat(256))).toBe('\u00e9'.repeat(256));
  });
});

describe('which passwords may be chosen', () => {
  const codeOf = async (password: string, login = LOGIN) => {
    try {
      await passwords.assertAcceptable(password, login);
      return 'accepted';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test.each([
    ['elevenchars', 'password_too_short'],
    ['🙂'.repeat(11), 'password_too_short'],
    ['twelve chars', 'accepted'],
    ['onlylowercaseletters', 'accepted'],
    ['            ', 'accepted'],
    ['🙂'.repeat(64), 'accepted'],
    [LOGIN, 'password_is_login'],
    ['ANN@Example.org', 'password_is_login'],
    ['1qaz2wsx3edc', 'password_too_common'],
    ['1QAZ2wsx3EDC', 'password_too_common'],
  ])('%j is %s', async (password, verdict) => {
    expect(await codeOf(password)).toBe(verdict);
  });

  test("the name before the '@' is refused as a password, too", async () => {
    expect(await codeOf('Ann-Marie.Smith', 'ann-marie.smith@example.org')).toBe('password_is_login');
  });

  test('not one of the 3,000 most common passwords gets through, at the lowest minimum there is', async () => {
    passwords = make({ minLength: 8 });
    const common = dictionary['passwords-common'].filter((password) => password.length >= 8).slice(0, 3000);
    expect(common).toHaveLength(3000);
    const verdicts = await Promise.all(common.map((password) => codeOf(password)));
    expect(common.filter((_, index) => verdicts[index] !== 'password_too_common')).toEqual([]);
  });
});

describe('a password that somebody has chosen', () => {
  const LONG = 'a fine long passphrase';
  const asking = (refuses?: string) => {
    const asked: string[] = [];
    const hook = (name: string) => ({
      beforePassword: async (password: string, login: string) => {
        asked.push(`${name}: ${password} of ${login}`);
        if (name === refuses) throw new AuthError('password_too_common');
      },
    });
    return { asked, hooks: [hook('one'), {}, hook('two')] };
  };

  test('is hashed after every feature was asked, in their order', async () => {
    const { asked, hooks } = asking();
    passwords = make({ hooks });
    expect(await passwords.hashChosen(LONG, LOGIN)).toMatch(/^\$fake\$/);
    expect(asked).toEqual([`one: ${LONG} of ${LOGIN}`, `two: ${LONG} of ${LOGIN}`]);
  });

  test('that a feature refuses is not hashed, and the others are not asked', async () => {
    const { asked, hooks } = asking('one');
    passwords = make({ hooks });
    const { hashed } = hasher;
    await expect(passwords.hashChosen(LONG, LOGIN)).rejects.toMatchObject({ code: 'password_too_common' });
    expect([hasher.hashed, asked.length]).toEqual([hashed, 1]);
  });

  test('is passed to the features, and one that is only rehashed is not', async () => {
    const { asked, hooks } = asking('one');
    passwords = make({ hooks });
    await passwords.hash(LONG);
    expect(asked).toEqual([]);
  });
});

describe('verifying', () => {
  test('match and mismatch', async () => {
    const hash = await passwords.hash('a fine long passphrase');
    expect(await passwords.verify('a fine long passphrase', hash)).toBe('match');
    expect(await passwords.verify('another passphrase', hash)).toBe('mismatch');
  });

  test.each([
    [null, 'mismatch'],
    [undefined, 'mismatch'],
    ['', 'malformed'],
    ['x', 'malformed'],
    ['$2b$', 'malformed'],
    ['$md5$5f4dcc3b5aa765d61d8327deb882cf99', 'malformed'],
  ])('a stored hash of %j is a %s, takes the time of one hash, and throws nothing', async (stored, verdict) => {
    const before = hasher.verified;
    expect(await passwords.verify('password', stored)).toBe(verdict);
    expect(hasher.verified).toBe(before + 1);
  });

  test('the hash that stands in for a missing one is made by the hasher itself, so at its present cost', async () => {
    const stands: string[] = [];
    const verify = hasher.verify.bind(hasher);
    hasher.verify = (password, hash) => {
      stands.push(hash);
      return verify(password, hash);
    };
    await passwords.verify('password', null);
    expect(stands.map((hash) => [hasher.recognises(hash), hasher.needsRehash(hash)])).toEqual([[true, false]]);
  });

  test.each(['password', 'another password'])(
    'the rest of a cheaper hash is spent on %j, in the same place of the queue, so that no time tells',
    async (password) => {
      hasher = new FakeHasher();
      const order: string[] = [];
      const spent: unknown[] = [];
      const spendRest = async (...args: unknown[]) => {
        spent.push(args);
        await setImmediate();
        order.push('rest');
      };
      const queue = new HashQueue(1, 10, () => {});
      passwords = new PasswordService({
        hasher: Object.assign(hasher, { spendRest }),
        accepts: [],
        queue,
        minLength: 12,
        maxLength: 256,
      });
      const stored = hasher.encode('password', 's');
      const verifying = passwords.verify(password, stored);
      await Promise.all([verifying, queue.run(async () => order.push('next'))]);
      expect(spent).toEqual([[password, stored]]);
      expect(order).toEqual(['rest', 'next']);
    },
  );

  test('only logins wait for it, known ones as long as unknown ones', async () => {
    hasher = new FakeHasher();
    const stored = await hasher.hash('password');
    let go = () => {};
    hasher.beforeHash = () => new Promise((resolve) => (go = resolve));
    passwords = make({ hasher });
    const logins = [passwords.verify('password', stored), passwords.verify('password', null)];
    await setImmediate();
    expect(hasher.verified).toBe(0);
    go();
    expect(await Promise.all(logins)).toEqual(['match', 'mismatch']);
  });

  test('a hasher that failed is asked for it again, and nobody is let in meanwhile', async () => {
    hasher = new FakeHasher();
    const stored = await hasher.hash('password');
    hasher.beforeHash = () => Promise.reject(new Error('no threads'));
    passwords = make({ hasher });
    await expect(passwords.verify('password', stored)).rejects.toThrow('no threads');
    hasher.beforeHash = () => {};
    expect(await passwords.verify('password', stored)).toBe('match');
  });

  test('a further scheme still verifies, and its hashes are to be replaced', async () => {
    const legacy = new FakeHasher();
    legacy.recognises = (hash) => hash.startsWith('legacy:');
    legacy.verify = async (password, hash) => hash === `legacy:${password}`;
    passwords = make({ accepts: [legacy] });
    expect(await passwords.verify('secret', 'legacy:secret')).toBe('match');
    expect(await passwords.verify('other', 'legacy:secret')).toBe('mismatch');
    expect(passwords.needsRehash('legacy:secret')).toBe(true);
    expect(passwords.needsRehash(await passwords.hash('secret'))).toBe(false);
  });
});
