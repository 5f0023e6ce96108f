import { afterEach, expect, test } from '@jest/globals';
import { ConsoleMailer } from './console-mailer.js';

const { NODE_ENV } = process.env;
afterEach(() => {
  process.env.NODE_ENV = NODE_ENV;
});

test('in production it refuses each mail, also within a mailer that boot takes, and repeats nothing of it', async () => {
  process.env.NODE_ENV = 'production';
  const link = 'https://app.example/#token=secret';
  const mail = { kind: 'reset', to: 'ada@example.com', data: {}, subject: 'Reset', text: link, html: link };
  const refused = new ConsoleMailer().send(mail);
  await expect(refused).rejects.toMatchObject({ code: 'invalid_configuration' });
  await expect(refused).rejects.not.toThrow(/secret|ada/);
});
