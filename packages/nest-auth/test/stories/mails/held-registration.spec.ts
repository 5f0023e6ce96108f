import { BackgroundTasks, defineFeature, type FeatureHooks } from '@acme/nest-auth';
import { emailVerification } from '@acme/nest-auth/email-verification';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, newEmail, startVerifying, type Verifying } from '../../support/email-verification.js';
import { tokenIn } from '../../support/mailbox.js';

describe('a registration that waits does not wait for the row', () => {
  let own: Verifying;
  let warned: unknown[][];
  beforeEach(async () => {
    warned = [];
    const error = (...words: unknown[]) => void warned.push(words);
    const logger = { log: () => {}, warn: () => {}, error };
    own = await startVerifying({ required: true }, { options: { storeTimeout: 2 }, create: { logger } });
  });
  afterEach(() => own.close());

  /** Lets `create` of the store return, or fail, when the test says so. */
  function holdCreate() {
    const { userStore } = own;
    const create = userStore.create.bind(userStore);
    const held: { resolve(): void; reject(error: Error): void }[] = [];
    userStore.create = async (user) => {
      await new Promise<void>((resolve, reject) => held.push({ resolve, reject }));
      return create(user);
    };
    return held;
  }

  test('however long that takes, and its mail comes afterwards', async () => {
    const email = newEmail();
    const held = holdCreate();
    await own.register(email).expect(202, '{"pending":"email_verification"}');
    expect([held.length, own.mailbox.mails.length]).toEqual([1, 0]);
    held[0]?.resolve();
    await own.app.get(BackgroundTasks).settled();
    expect(own.mailbox.mails).toMatchObject([{ kind: 'verify_email', to: email }]);
    await own.verify(tokenIn(own.mailbox.mails[0])).expect(204);
    await own.login(email).expect(200);
  });

  test('and the app does not close before it is there', async () => {
    const email = newEmail();
    const held = holdCreate();
    await own.register(email).expect(202);
    const closed = own.close();
    held[0]?.resolve();
    await closed;
    expect(await own.userOf(email)).not.toBeNull();
  });

  test.each(['findByLogin', 'create'] as const)(
    'and is 503 if %s fails at once, for a new address and a taken one, and can then be repeated',
    async (method) => {
      const { userStore } = own;
      const [taken, free] = [newEmail(), newEmail()];
      await own.mailsOf(own.register(taken).expect(202));
      const works = userStore[method];
      userStore[method] = () => Promise.reject(new Error('down'));
      expect([await codeOf(own.register(free)), await codeOf(own.register(taken))]).toEqual(
        Array(2).fill('store_unavailable'),
      );
      userStore[method] = works as never;
      for (const email of [free, taken]) await own.register(email).expect(202);
    },
  );

  test('and its mail comes if the user was made although the answer was 503', async () => {
    const email = newEmail();
    const { findByLogin } = own.userStore;
    own.userStore.findByLogin = () => {
      own.userStore.findByLogin = findByLogin;
      return Promise.reject(new Error('down'));
    };
    expect(await own.mailsOf(own.register(email).expect(503))).toMatchObject([{ kind: 'verify_email', to: email }]);
  });

  test('and is 503 if the store does not answer at all', async () => {
    own.userStore.findByLogin = () => new Promise(() => {});
    expect(await codeOf(own.register(newEmail()))).toBe('store_unavailable');
  });

  test('and each feature learns of the user, whatever other features return or throw', async () => {
    const told: string[] = [];
    const other = (name: string, onRegistration: FeatureHooks['onRegistration']) =>
      defineFeature({
        name,
        hooks: { inject: [], useFactory: () => ({ feature: name, onRegistration }) as FeatureHooks },
      })();
    const answers = other('answers', async ({ login }) => {
      told.push(login);
      return { pending: 'a_parcel' };
    });
    const throws = other('throws', () => Promise.reject(new Error('down')));
    const features = [answers, throws, emailVerification(), passwordReset()];
    const crowded = await startVerifying({ required: true }, { features, create: { logger: false } });
    try {
      const email = newEmail();
      const mails = await crowded.mailsOf(crowded.register(email).expect(202, '{"pending":"email_verification"}'));
      expect([told, mails.map(({ kind }) => kind)]).toEqual([[email], ['verify_email']]);
    } finally {
      await crowded.close();
    }
  });

  test('and a failure after the answer is in the log', async () => {
    const held = holdCreate();
    await own.register(newEmail()).expect(202);
    expect(warned).toEqual([]);
    held[0]?.reject(new Error('down'));
    await own.app.get(BackgroundTasks).settled();
    expect(JSON.stringify(warned)).toContain('UserStore.create');
    expect(own.mailbox.mails).toEqual([]);
  });
});
