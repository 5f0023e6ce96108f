import { type AuthEvent, AuthEvents } from '@acme/nest-auth';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type AuditRecord, AuditRecords } from './audit-record.js';
import { type PersonalField, type Pseudonyms, protectionOf } from './personal-fields.js';

const KEY = 'k7Wq0sJd9fHbGa2uEe4oKiN7rVtBwvX3eQm';
const DEVICE = { ip: '192.0.2.7', userAgent: 'Firefox' };

let now: number;
beforeEach(() => {
  now = Date.parse('2030-01-01T12:00:00.123Z');
});

/** The records of what `act` emits. */
function recordsOf(
  act: (emit: (type: string, fields: object) => void) => void,
  omit: PersonalField[] = [],
  pseudonyms?: Required<Pseudonyms>,
): AuditRecord[] {
  const problems: unknown[] = [];
  const records = new AuditRecords(protectionOf(omit, pseudonyms));
  const events = new AuthEvents(
    () => now,
    (error) => problems.push(error),
  );
  const made: AuditRecord[] = [];
  events.subscribe((event: AuthEvent) => made.push(records.of(event)));
  act((type, fields) => events.emit(type as never, fields as never));
  expect(problems).toEqual([]);
  return made;
}

const recordOf = (fields: object, ...more: [PersonalField[]?, Required<Pseudonyms>?]): AuditRecord =>
  recordsOf((emit) => emit('login_failed', fields), ...more)[0] as AuditRecord;

describe('a record', () => {
  test('has the same fields for each event, and the rest of the event as details', () => {
    const fields = { userId: 'u', sessionId: 's', reason: 'replay', generation: 7, isOld: false, device: DEVICE };
    expect(recordOf(fields)).toEqual({
      id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
      at: '2030-01-01T12:00:00.123Z',
      source: expect.stringMatching(/^[\da-f-]{36}$/),
      sequence: 1,
      event: 'login_failed',
      userId: 'u',
      sessionId: 's',
      login: null,
      ip: '192.0.2.7',
      userAgent: 'Firefox',
      details: { reason: 'replay', generation: 7, isOld: false },
    });
  });

  test('has an id of its own, which sorts by time and, within a millisecond, by sequence', () => {
    const made = recordsOf((emit) => {
      for (let n = 0; n < 4000; n++) {
        if (n % 1000 === 0) now++;
        emit('access_denied', {
          userId: 'u',
          handler: 'Notes.list',
          code: 'insufficient_scope',
          device: { ip: null, userAgent: null },
        });
      }
    });
    const ids = made.map(({ id }) => id);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(4000);
    expect(made.map(({ sequence }) => sequence)).toEqual(ids.map((_, n) => n + 1));
    expect(new Set(made.map(({ source }) => source)).size).toBe(1);
    expect(Number.parseInt(String(ids[0]).replace('-', '').slice(0, 12), 16)).toBe(now - 3);
  });
});

describe('a record keeps texts, numbers, flags and times, and leaves out', () => {
  test('objects, functions, errors, and numbers that JSON cannot write', () => {
    const fields = {
      error: new Error(KEY),
      request: { headers: { authorization: KEY } },
      list: [KEY],
      read: () => KEY,
      mark: Symbol(KEY),
      count: Number.NaN,
      size: 9n,
      until: new Date(0),
      never: new Date(Number.NaN),
      none: null,
      userId: { $ne: null },
      device: { ip: [KEY], userAgent: 7 },
    };
    expect(recordOf(fields)).toMatchObject({ userId: null, ip: null, userAgent: null });
    expect(recordOf(fields).details).toEqual({ until: '1970-01-01T00:00:00.000Z', none: null });
  });

  test.each([
    'password',
    'newPassword',
    'refresh_token',
    'secret',
    'passwordHash',
    'cookie',
    'Authorization',
    'privateKey',
  ])('what a field named %s holds', (name) => {
    expect(recordOf({ [name]: 'harmless', keyId: 'kept' }).details).toEqual({ keyId: 'kept' });
  });

  test.each([
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r'],
    ['a refresh token', 'nar_AAECAwQFBgcICQoLDA0ODw'],
    ['an API key', 'nak_live_AAECAwQFBgcICQoLDA0ODw'],
    ['a hash of bcrypt', '$2b$12$abcdefghijklmnopqrstuuKJ8x'],
    ['a hash of argon2', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g'],
  ])('%s, wherever it is in a text', (_, secret) => {
    const record = recordOf({
      login: `x ${secret} y`,
      reason: `${'z'.repeat(240)}(${secret})`,
      device: { ip: null, userAgent: secret },
    });
    expect(record.login).toBe('x [redacted] y');
    expect(record.userAgent).toBe('[redacted]');
    expect(JSON.stringify(record)).not.toContain(secret.slice(0, 12));
  });

  test('invalid field names, and fields after the sixteenth', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`field${n}`, n]));
    expect(Object.keys(recordOf(many).details)).toHaveLength(16);
    expect(recordOf({ 'a"b\n': 1, [KEY.repeat(3)]: 2, kept: 3 }).details).toEqual({ kept: 3 });
  });

  test('nothing of a prototype', () => {
    const { details } = recordOf(JSON.parse('{"__proto__":"polluted","constructor":"x"}'));
    expect(Object.getPrototypeOf(details)).toBe(Object.prototype);
    expect(JSON.parse(JSON.stringify(details))).toEqual(JSON.parse('{"__proto__":"polluted","constructor":"x"}'));
  });
});

test('a text of a record is always one line, bounded, and valid Unicode', () => {
  const hostile = 'a\r\n{"event":"logged_in"}\0\u001b[31m\u0085\u202e\u2028\u2029\ud800z';
  const record = recordOf({ login: hostile, reason: `${hostile}${'x'.repeat(100_000)}`, device: DEVICE });
  expect(record.login).toBe('a\ufffd\ufffd{"event":"logged_in"}\ufffd\ufffd[31m\ufffd\ufffd\ufffd\ufffd\ufffdz');
  expect(String(record.details.reason)).toHaveLength(256);
  expect(recordOf({ login: `${'x'.repeat(255)}\u{1f600}` }).login).toBe(`${'x'.repeat(255)}\ufffd`);
});

describe('a personal field', () => {
  const fields = { userId: 'ann', sessionId: 's', login: 'ann', device: DEVICE };

  test('can be left out', () => {
    const record = recordOf(fields, ['login', 'ip']);
    expect(record).toMatchObject({ userId: 'ann', sessionId: 's', login: null, ip: null, userAgent: 'Firefox' });
  });

  test('can have a pseudonym: the same for the same value, another for another field or key', () => {
    const hidden = (key: string) => recordOf(fields, [], { key, fields: ['userId', 'login'] });
    const record = hidden(KEY);
    expect(record).toMatchObject({ sessionId: 's', ip: '192.0.2.7', userAgent: 'Firefox' });
    expect(record.login).toMatch(/^hmac:[\w-]{22}$/);
    expect(hidden(KEY).login).toBe(record.login);
    expect(record.userId).not.toBe(record.login);
    expect(hidden(KEY.repeat(2)).login).not.toBe(record.login);
    expect(JSON.stringify(record)).not.toContain('ann');
  });

  test('has no pseudonym if it is null', () => {
    expect(recordOf({}, [], { key: KEY, fields: ['userId', 'ip'] })).toMatchObject({ userId: null, ip: null });
  });
});
