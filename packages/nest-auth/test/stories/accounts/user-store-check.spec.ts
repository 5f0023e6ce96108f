import { AuthModule, MemoryUserStore, memoryStores } from '@acme/nest-auth';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SECRETS } from '../../support/app.js';

class Diagnosed extends MemoryUserStore {
  calls = 0;

  constructor(private readonly finding: () => Promise<readonly string[]>) {
    super();
  }

  async diagnose(): Promise<readonly string[]> {
    this.calls++;
    return this.finding();
  }
}

describe('what a user store says of its table', () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  afterEach(() => {
    warn.mockClear();
  });

  const boot = async (userStore: Diagnosed) => {
    const auth = AuthModule.forRoot({ ...memoryStores(), userStore, secrets: SECRETS });
    const moduleRef = await Test.createTestingModule({ imports: [auth] }).compile();
    return moduleRef.createNestApplication({ logger: false }).init();
  };

  test('is logged once after boot, one line for each problem', async () => {
    const store = new Diagnosed(async () => ['Not normalised: 3 logins.', 'Ambiguous: 1 login.']);
    const app = await boot(store);
    await app.close();
    expect(warn.mock.calls).toEqual([['Not normalised: 3 logins.'], ['Ambiguous: 1 login.']]);
    expect(store.calls).toBe(1);
  });

  test('never keeps the app from starting: not by failing', async () => {
    const app = await boot(new Diagnosed(() => Promise.reject(new Error('down'))));
    await app.close();
    expect(warn).not.toHaveBeenCalled();
  });

  test('never keeps the app from starting: not by being slow', async () => {
    let answer: (warnings: string[]) => void = () => undefined;
    const slow = new Promise<string[]>((resolve) => {
      answer = resolve;
    });
    const app = await boot(new Diagnosed(() => slow));
    expect(warn).not.toHaveBeenCalled();
    answer(['late']);
    await app.close();
    expect(warn).toHaveBeenCalledWith('late');
  });
});
