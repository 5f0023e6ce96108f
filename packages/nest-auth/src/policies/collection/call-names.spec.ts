import { expect, test } from '@jest/globals';
import { Controller, SetMetadata } from '@nestjs/common';
import { EventPattern, GrpcMethod, GrpcStreamMethod, MessagePattern, Transport } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { HandlerKind } from '../../guards/handlers.js';
import { callsOf, connectionCall } from './call-names.js';

const namesOf = (kind: HandlerKind, type: { readonly prototype: object }, name = 'handle') =>
  callsOf(kind, { method: Reflect.get(type.prototype, name) as object, name, type });

/** Writes metadata as @nestjs/graphql's decorators do. */
const graphql = (key: string, value: unknown) => SetMetadata(`graphql:${key}`, value);

test('messages are named by their patterns, whatever the order of the keys', () => {
  @Controller()
  class Messages {
    @MessagePattern([{ cmd: 'sum', at: 1 }, 'sum'], Transport.TCP)
    handle(_: unknown) {}
    @EventPattern('user.created')
    event(_: unknown) {}
    @GrpcMethod('Notes', 'Find')
    unary(_: unknown) {}
    @GrpcStreamMethod('Notes')
    stream(_: unknown) {}
  }
  expect(namesOf('message', Messages)).toEqual([
    { kind: 'message', name: 'pattern {"at":1,"cmd":"sum"}', isUnsafe: true },
    { kind: 'message', name: 'pattern sum', isUnsafe: true },
  ]);
  expect(namesOf('message', Messages, 'event')).toEqual([
    { kind: 'event', name: 'event user.created', isUnsafe: true },
  ]);
  expect(namesOf('message', Messages, 'unary')).toEqual([{ kind: 'grpc', name: 'grpc Notes/Find', isUnsafe: true }]);
  expect(namesOf('message', Messages, 'stream')).toEqual([{ kind: 'grpc', name: 'grpc Notes/Stream', isUnsafe: true }]);
});

test('messages of gateways are named with their namespace and port', () => {
  @WebSocketGateway(8081, { namespace: 'chat' })
  class Chat {
    @SubscribeMessage('send')
    handle() {}
  }
  @WebSocketGateway({ path: '/feed' })
  class Feed {}
  @WebSocketGateway()
  class Bare {
    @SubscribeMessage({ a: 1 })
    handle() {}
  }
  expect(namesOf('socket', Chat)).toEqual([{ kind: 'gateway', name: 'ws :8081/chat message send', isUnsafe: true }]);
  expect(connectionCall(Feed)).toEqual({ kind: 'gateway', name: 'ws /feed connection', isUnsafe: false });
  expect(namesOf('socket', Bare).map(({ name }) => name)).toEqual(['ws / message {"a":1}']);
});

test('GraphQL fields are named by their types, and only mutations may change something', () => {
  class Resolver {
    @graphql('resolver_type', 'Query')
    @graphql('resolver_name', 'notes')
    handle() {}
    @graphql('resolver_type', 'Mutation')
    addNote() {}
    @graphql('resolver_type', 'Subscription')
    noteAdded() {}
    @graphql('resolve_property', true)
    author() {}
    @graphql('resolve_reference', true)
    resolve() {}
  }
  graphql('resolver_name', 'Note')(Resolver);
  const shown = (kind: HandlerKind, name?: string) =>
    namesOf(kind, Resolver, name).map((call) => `${call.name} ${call.isUnsafe}`);
  expect(shown('graphql')).toEqual(['Query notes false']);
  expect(shown('graphql', 'addNote')).toEqual(['Mutation addNote true']);
  expect(shown('graphql', 'noteAdded')).toEqual(['Subscription noteAdded false']);
  expect(shown('field', 'author')).toEqual(['Field Note.author false']);
  expect(shown('reference', 'resolve')).toEqual(['Reference Note false']);
});
