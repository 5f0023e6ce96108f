import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { conceal, concealService, reveal } from './conceal.js';

const SECRET = 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oA';

class Mailer {
  readonly #connection = 'open';
  readonly password = SECRET;
  sent = 0;

  send(): string {
    this.sent++;
    return this.#connection;
  }

  toJSON(): object {
    return { password: this.password };
  }

  [inspect.custom](): string {
    return this.password;
  }
}

function shownOf(value: unknown): string {
  const options = { depth: Infinity, showHidden: true, getters: true } as const;
  return [
    inspect(value, options),
    inspect(value, { ...options, showProxy: true }),
    JSON.stringify(value),
    Reflect.ownKeys(value as object).join(),
    JSON.stringify({ ...(value as object) }),
  ].join('\n');
}

describe('what is concealed', () => {
  test('shows nothing, however it is looked at', () => {
    const options = { secrets: { access: SECRET }, toString: () => SECRET };
    expect(shownOf(options)).toContain(SECRET);
    expect(shownOf(conceal(options))).not.toContain(SECRET);
    const service = concealService(new Mailer());
    // The stand-in must not call the inspector of the original's class.
    expect(shownOf(service)).not.toContain(SECRET);
  });

  test('reads like the original, and leads back to it for those who have `reveal`', () => {
    const options = { secrets: { access: SECRET } };
    const standIn = conceal(options);
    const { secrets } = standIn;
    expect(secrets).toBe(options.secrets);
    expect('secrets' in standIn).toBe(true);
    expect(reveal(standIn)).toBe(options);
    expect(reveal(options)).toBe(options);
    expect(reveal(undefined)).toBeUndefined();
  });

  test('a service runs on the original: private members, state, spies and class', () => {
    const mailer = new Mailer();
    const service = concealService(mailer);
    expect([service.send(), mailer.sent, service instanceof Mailer]).toEqual(['open', 1, true]);
    expect(service.send).toBe(service.send);
    mailer.send = () => 'a spy';
    expect(service.send()).toBe('a spy');
    service.send = () => 'another';
    expect(mailer.send()).toBe('another');
  });
});
