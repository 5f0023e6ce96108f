import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type NewUser, normaliseLogin, type UserStore } from '@acme/nest-auth';
import { type Conformance, outcome } from '../kit.js';

interface LookAlikes extends Conformance<UserStore> {
  readonly newUser: (login: string) => NewUser;
  readonly exactLogins: boolean;
}

/** Different logins, each in its normalised form, that some collation treats as equal. */
export const PAIRS: readonly (readonly [string, string])[] = [
  ['jose', 'josé'],
  ['admin', 'àďmīn'],
  ['strasse', 'straße'],
  ['i', 'ı'],
  ['i', 'i̇'], // what İ becomes
  ['ann', 'аnn'], // a Cyrillic а
  ['σας', 'σασ'], // both are the lower case of ΣΑΣ
  ['aesop', 'æsop'],
  ['lodz', 'łodz'],
  ['7', '٧'], // an Arabic digit
  ['はは', 'ハハ'],
  ['はは', 'ばば'],
  ['🙂', '😀'],
  ['a_b', 'axb'],
  ['%', 'x'],
  ["o'neil", 'oneil'],
  ['co-op', 'coop'],
];

/** Spellings of one login that are not its normalised form. */
export const SPELLINGS: readonly ((login: string) => string)[] = [
  (login) => login.toUpperCase(),
  (login) => login.replace('k', 'K'),
  (login) => `${login} `,
  (login) => ` ${login}`,
  (login) => `${login}\t`,
  (login) => `${login}\u00a0`,
  (login) => login.replace('k', '\u212a'), // the Kelvin sign
  (login) => login.replace('k', '\uff4b'), // full width
  (login) => login.replace('fi', '\ufb01'), // a ligature
  (login) => login.normalize('NFD'),
];

/** Proves that one login never finds the account of another, with any collation of the database. */
export function lookAlikes({ test, factory, newUser, exactLogins }: LookAlikes): void {
  test('UserStore: a login never finds the account of one that looks like it: accents, ß, other alphabets', async () => {
    const store = await factory();
    const prove = async (pair: readonly [string, string]) => {
      const tag = randomUUID();
      const [first, second] = pair.map((name) => `${name}-${tag}`) as [string, string];
      for (const login of [first, second]) assert.equal(normaliseLogin(login), login, `${login} is normalised`);
      const { id } = await store.create(newUser(first));
      assert.equal(await store.findByLogin(second), null, `${second} is not ${first}`);
      const other = await outcome(store.create(newUser(second)).then((user) => user.id));
      if (exactLogins) assert.notEqual(other, 'login_taken', `${second} can register beside ${first}`);
      assert.notEqual(other, id);
      assert.equal((await store.findByLogin(first))?.id, id, `${first} is still found`);
      const found = await store.findByLogin(second);
      assert.equal(found?.id ?? 'login_taken', other, `${second} is only ever itself`);
    };
    await Promise.all(PAIRS.map(prove));
  });

  test('UserStore: a login is found only by its normalised form: not by capitals, spaces, full width', async () => {
    const store = await factory();
    const login = `kim-fiancé-${randomUUID()}`;
    const { id } = await store.create(newUser(login));
    for (const spell of SPELLINGS) {
      assert.notEqual(spell(login), login);
      assert.equal(await store.findByLogin(spell(login)), null, JSON.stringify(spell(login)));
      // Refused, or a separate account; never a second account that the login could find.
      await outcome(store.create(newUser(spell(login))).catch(() => null));
      assert.equal((await store.findByLogin(login))?.id, id, `after ${JSON.stringify(spell(login))}`);
    }
  });

  test('UserStore: a long login and one in any alphabet are kept as they are', async () => {
    const store = await factory();
    const tag = randomUUID();
    for (const login of [`${'x'.repeat(254 - tag.length)}${tag}`, `用户-${tag}`, `\\-${tag}`, `"-${tag}`]) {
      const { id } = await store.create(newUser(login));
      const found = await store.findByLogin(login);
      assert.deepEqual([found?.id, found?.login], [id, login]);
    }
  });
}
