import { type AuthEvent, AuthEvents } from '@acme/nest-auth';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { signUp } from '../../support/app.js';
import { Asker, type LinksApp, startLinks, wrong } from '../../support/magic-links.js';

let app: LinksApp;
const seen: AuthEvent[] = [];

beforeAll(async () => {
  app = await startLinks();
  app.app.get(AuthEvents).subscribe((event) => seen.push(event));
});
afterAll(() => app.close());
beforeEach(() => {
  seen.length = 0;
});

async function asked() {
  const { email } = await signUp(app);
  const asker = new Asker(app);
  return { email, asker, ...(await asker.mail(email)) };
}

describe('the code of the mail', () => {
  test('logs in the browser that asked, however it is typed', async () => {
    const { asker, code } = await asked();
    const { body } = await asker.confirm({ code: ` ${code.slice(0, 3)}-${code.slice(3)} ` }).expect(200);
    await app.as(body.access_token).get('/auth/me').expect(200);
    expect(await asker.outcome({ code })).toBe('invalid_magic_link');
  });

  test('is worth nothing in another browser, also one that has asked for a code of its own', async () => {
    const { asker, code } = await asked();
    expect(await new Asker(app).outcome({ code })).toBe('magic_link_elsewhere');
    const other = new Asker(app);
    await other.ask('somebody@example.org');
    expect(await other.outcome({ code })).toBe('wrong_answer');
    other.kept = 'A'.repeat(43);
    expect(await other.outcome({ code })).toBe('invalid_magic_link');
    expect(await asker.outcome({ code })).toBe(200);
  });

  test('may be wrong five times, one after another or at once, and then neither it nor the link works', async () => {
    for (const isParallel of [false, true]) {
      const { asker, code, token } = await asked();
      const guess = () => asker.outcome({ code: wrong(code) });
      const guesses: (string | number)[] = isParallel ? await Promise.all(Array.from({ length: 20 }, guess)) : [];
      for (let n = 0; n < 6; n++) guesses.push(await guess());
      expect(guesses.filter((outcome) => outcome === 'wrong_answer')).toHaveLength(5);
      expect(guesses.filter((outcome) => outcome === 'invalid_magic_link')).toHaveLength(guesses.length - 5);
      expect(await asker.outcome({ code })).toBe('invalid_magic_link');
      expect(await asker.outcome({ token })).toBe('invalid_magic_link');
    }
  });

  test('may still be right after four that were wrong', async () => {
    const { asker, code } = await asked();
    for (let n = 0; n < 4; n++) expect(await asker.outcome({ code: wrong(code) })).toBe('wrong_answer');
    expect(await asker.outcome({ code })).toBe(200);
  });

  test('is guessed ten times an hour at most, by however many requests; the link needs no guess', async () => {
    const { email } = await signUp(app);
    const guesses: (string | number)[] = [];
    for (let round = 0; round < 3; round++) {
      const asker = new Asker(app);
      const { code } = await asker.mail(email);
      for (let n = 0; n < 4; n++) guesses.push(await asker.outcome({ code: wrong(code) }));
    }
    expect(guesses).toEqual([...Array(10).fill('wrong_answer'), ...Array(2).fill('too_many_attempts')]);
    const asker = new Asker(app);
    const { code, token } = await asker.mail(email);
    expect(await asker.outcome({ code })).toBe('too_many_attempts');
    expect(await asker.outcome({ token })).toBe(200);
  });

  test('that is right costs nothing of that', async () => {
    const { email } = await signUp(app);
    const outcomes: (string | number)[] = [];
    for (const wrongOnes of [2, 2, 2, 4]) {
      const asker = new Asker(app);
      const { code } = await asker.mail(email);
      for (let n = 0; n < wrongOnes; n++) outcomes.push(await asker.outcome({ code: wrong(code) }));
      if (outcomes.length < 10) expect(await asker.outcome({ code })).toBe(200);
    }
    expect(outcomes).toEqual(Array(10).fill('wrong_answer'));
  });

  test('is answered alike for an account and for nobody, to the last guess', async () => {
    const { email } = await signUp(app);
    const outcomesOf = async (address: string) => {
      const answers: string[] = [];
      for (let round = 0; round < 3; round++) {
        const asker = new Asker(app);
        await asker.ask(address);
        for (let n = 0; n < 6; n++) {
          const { status, headers, text } = await asker.confirm({ code: '000000' });
          answers.push(JSON.stringify([status, headers['www-authenticate'], text]));
        }
      }
      return answers;
    };
    const known = await outcomesOf(email);
    expect(await outcomesOf('no-one@example.org')).toEqual(known);
    expect(new Set(known).size).toBe(3);
  });

  test('that is wrong is a failed login in the events, of an account or not', async () => {
    for (const email of [(await signUp(app)).email, 'not-here@example.org']) {
      seen.length = 0;
      const asker = new Asker(app);
      await asker.ask(email);
      await asker.outcome({ code: '000000' });
      const failures = seen.filter(({ type }) => type === 'login_failed');
      expect(failures).toMatchObject([{ login: email }]);
    }
  });

  test('is not used up by a store that is down', async () => {
    const { asker, code } = await asked();
    const get = app.ephemeralStore.get;
    app.ephemeralStore.get = () => Promise.reject(new Error('down'));
    const outcome = await asker.outcome({ code });
    app.ephemeralStore.get = get;
    expect(outcome).toBe('store_unavailable');
    expect(await asker.outcome({ code })).toBe(200);
  });
});
