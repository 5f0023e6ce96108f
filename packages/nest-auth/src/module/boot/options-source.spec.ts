import { expect, test } from '@jest/globals';
import { Injectable, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SETTINGS } from '../providers/tokens.js';
import { OptionsSource } from './options-source.js';

@Injectable()
class Config {}

@Injectable({ scope: Scope.REQUEST })
class Tenant {}

@Injectable({ scope: Scope.REQUEST, durable: true })
class DurableTenant {}

const boot = async (dependency: typeof Config) => {
  const settings = { provide: SETTINGS, inject: [dependency], useFactory: () => ({}) };
  const moduleRef = await Test.createTestingModule({ providers: [dependency, settings, OptionsSource] }).compile();
  await moduleRef.init();
  await moduleRef.close();
};

test('options may come from a singleton', () => boot(Config));

test.each([Tenant, DurableTenant])('options from a request-scoped provider (%p) stop the boot', async (provider) => {
  await expect(boot(provider)).rejects.toMatchObject({ code: 'invalid_configuration' });
});
