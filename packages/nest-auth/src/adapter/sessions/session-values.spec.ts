import { describe, expect, test } from '@jest/globals';
import { assertSession, methodsOf, methodsText } from './session-values.js';

describe('the methods of a session in a column of text', () => {
  test.each([[[]], [['pwd']], [['pwd', 'otp', 'mfa']]])('%j come back', (methods) => {
    expect(methodsOf(methodsText(methods))).toEqual(methods);
  });

  test.each([null, undefined, 7, ['pwd']])('%j is not such a column', (column) => {
    expect(() => methodsOf(column)).toThrow(TypeError);
  });
});

describe('a session that may reach a query', () => {
  const now = new Date();
  const session = {
    id: '6f1c9a0e-95a1-4b44-8f0a-0d2f6b1f3d11',
    userId: '7',
    secretHash: 'x',
    generation: 0,
    createdAt: now,
    rotatedAt: now,
    expiresAt: now,
    absoluteExpiresAt: now,
    revokedAt: null,
    userAgent: null,
    ip: null,
    methods: ['pwd'],
    authenticatedAt: now,
    remember: true,
    actorId: null,
  };

  test('is one whose fields all have their types', () => {
    expect(assertSession(session)).toBe(session);
  });

  test.each<[string, unknown]>([
    ['id', 'x'],
    ['userId', 'a\0'],
    ['userAgent', '\ud800'],
    ['actorId', 'a\0'],
    ['actorId', 7],
    ['methods', 'pwd'],
    ['methods', ['pwd,mfa']],
    ['authenticatedAt', 0],
    ['remember', 'true'],
  ])('with %s: %j is none', (field, value) => {
    expect(() => assertSession({ ...session, [field]: value })).toThrow(TypeError);
  });
});
