import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuthModule, memoryStores } from '@acme/nest-auth';
import { emailVerification } from '@acme/nest-auth/email-verification';
import { magicLink } from '@acme/nest-auth/magic-link';
import { social } from '@acme/nest-auth/social';
import { describe, expect, test } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { SECRETS } from '../support/app.js';
import { passkeys } from './skeletons/passkeys.js';
import { totp } from './skeletons/totp.js';

const FOLDER = join(import.meta.dirname, 'skeletons');

describe.each(readdirSync(FOLDER))('the skeleton %s', (file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8');

  test('is short, and reaches the library by its name alone', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThan(60);
    const imported = [...text.matchAll(/from '([^']+)'/g)].map(([, name]) => name);
    expect(imported.filter((name) => !/^(@acme\/nest-auth|@nestjs\/common|node:crypto)$/.test(name ?? ''))).toEqual([]);
  });
});

test('all of them boot side by side with our own on one seam, each with its routes', async () => {
  const features = [emailVerification(), magicLink(), totp(), passkeys(), social({})];
  const page = 'https://app.example.org/';
  const options = {
    mailer: { send: async () => {} },
    emailVerification: { page },
    magicLink: { page },
    social: { url: 'https://api.example.org/auth', returnTo: [page], providers: {} },
  };
  const moduleRef = await Test.createTestingModule({
    imports: [AuthModule.forRoot({ ...memoryStores(), secrets: SECRETS, features, ...options })],
  }).compile();
  const app = moduleRef.createNestApplication({ logger: false });
  await app.init();
  const { router } = app.getHttpAdapter().getInstance() as { router: { stack: { route?: { path: string } }[] } };
  const paths = router.stack.flatMap(({ route }) => route?.path ?? []);
  await app.close();
  expect(paths).toEqual(
    expect.arrayContaining([
      ...['/auth/login', '/auth/email/verify', '/auth/login/magic-link', '/auth/login/magic-link/confirm'],
      ...['/auth/login/totp', '/auth/login/passkey', '/auth/passkeys', '/auth/login/:provider'],
    ]),
  );
});
