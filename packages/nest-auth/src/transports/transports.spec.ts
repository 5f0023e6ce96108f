import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ArgumentsHost } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import { AuthError } from '../core/errors/auth-error.js';
import { AuthException } from '../http/auth-exception.js';
import { http } from './http.js';
import { Transports } from './transports.js';

const host = (type: string, ...args: readonly unknown[]) =>
  ({
    getType: () => type,
    getArgs: () => args,
    getArgByIndex: (index: number) => args[index],
  }) as unknown as ArgumentsHost;

let transports: Transports;
beforeAll(async () => {
  transports = await Transports.load(http({} as HttpAdapterHost, 'api'));
});

describe('an unknown context', () => {
  test.each(['sse', 'cron', '', 'constructor', '__proto__'])('is refused (%j)', (type) => {
    expect(() => transports.requestOf(host(type, { headers: { authorization: 'Bearer x' } }))).toThrow(
      new AuthError('unsupported_context'),
    );
  });

  test('gets a refusal that any filter understands, and our filter leaves it alone', () => {
    const refusal = transports.exceptionFor(new AuthError('unsupported_context'), host('cron'));
    expect(refusal).toBeInstanceOf(AuthException);
    expect(() => transports.answer(refusal as AuthException, host('cron'))).toThrow(AuthException);
  });
});

describe('a known context whose request is unknown', () => {
  test.each([
    ['GraphQL without a context', host('graphql', {}, {}, undefined, {})],
    ['GraphQL with a context of the app alone', host('graphql', {}, {}, { user: { id: 'admin' } }, {})],
    ['a socket of neither socket.io nor ws', host('ws', { headers: { authorization: 'Bearer x' } }, {})],
    ['a message without a context', host('rpc', { authorization: 'Bearer x' })],
  ])('is refused: %s', (_what, given) => {
    expect(() => transports.requestOf(given)).toThrow(expect.objectContaining({ code: 'unsupported_context' }));
  });
});

test("the transport's own exception carries our code, and other errors stay unchanged", () => {
  const refusal = transports.exceptionFor(new AuthError('missing_token'), host('ws', {}));
  expect(refusal).toBeInstanceOf(WsException);
  expect((refusal as WsException).getError()).toMatchObject({
    status: 'error',
    statusCode: 401,
    code: 'missing_token',
  });
  const other = new TypeError('of the app');
  expect(transports.exceptionFor(other, host('ws', {}))).toBe(other);
});
