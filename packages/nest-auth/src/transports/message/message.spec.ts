import { describe, expect, test } from '@jest/globals';
import type { ArgumentsHost } from '@nestjs/common';
import { AuthError } from '../../core/errors/auth-error.js';
import { message } from './message.js';

const host = (...args: readonly unknown[]) =>
  ({
    getArgs: () => args,
    getArgByIndex: (index: number) => args[index],
  }) as unknown as ArgumentsHost;

const { requestOf } = message(undefined);
const headersOf = (...args: readonly unknown[]) => requestOf(host(...args)).headers;

const TOKEN = 'Bearer a.b.c';
const SHOWN = { authorization: TOKEN };
const kafka = (headers: object | undefined) => ({ getMessage: () => ({ value: {}, headers }) });

describe('the token of a message', () => {
  test.each([
    ['Kafka, as text', kafka(SHOWN)],
    ['Kafka, as bytes', kafka({ authorization: Buffer.from(TOKEN) })],
    ['Kafka, in capitals', kafka({ Authorization: TOKEN })],
    ['RabbitMQ', { getMessage: () => ({ properties: { headers: SHOWN } }) }],
    ['NATS', { getHeaders: () => new Map(Object.entries(SHOWN)) }],
    ['NATS, in capitals', { getHeaders: () => new Map([['Authorization', TOKEN]]) }],
    ['MQTT 5', { getPacket: () => ({ properties: { userProperties: SHOWN } }) }],
    ['TCP and Redis, Nest 12', { getMetadata: () => SHOWN }],
  ])('is found in the headers of %s', (_transport, context) => {
    expect(headersOf({}, context)).toEqual(SHOWN);
  });

  test('of TCP and Redis is a member of the message', () => {
    expect(headersOf(SHOWN, { getMetadata: () => undefined })).toEqual(SHOWN);
    expect(headersOf(SHOWN, {})).toEqual(SHOWN);
  });

  test.each([
    ['Kafka', kafka(undefined)],
    ['Kafka with a list', kafka({ authorization: [TOKEN] })],
    ['RabbitMQ', { getMessage: () => ({ properties: {} }) }],
    ['NATS', { getHeaders: () => undefined }],
    ['MQTT before 5', { getPacket: () => ({}) }],
  ])('in the message is ignored if the transport has headers: %s', (_transport, context) => {
    expect(headersOf(SHOWN, context)).toEqual({});
  });

  test('is not what a prototype says', () => {
    expect(headersOf(Object.create(SHOWN), {})).toEqual({});
    expect(headersOf({}, kafka(Object.create(SHOWN)))).toEqual({});
  });

  test.each([undefined, null, 7, 'text', () => {}])('cannot be shown without a context (%p)', (context) => {
    expect(() => requestOf(host(SHOWN, context))).toThrow(AuthError);
  });

  test('is not looked for in an object that only looks like a call of gRPC', () => {
    const metadata = { get: () => [TOKEN], getMap: () => ({}) };
    expect(() => requestOf(host({ metadata }))).toThrow(AuthError);
    expect(headersOf({ metadata, emit() {} }, {})).toEqual({});
  });
});
