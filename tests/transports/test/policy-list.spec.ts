import { listPolicies, Public, policyLock, Roles } from '@acme/nest-auth';
import { expect, test } from '@jest/globals';
import { Controller, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Mutation, Query, ResolveField, ResolveReference, Resolver } from '@nestjs/graphql';
import { EventPattern, GrpcMethod, MessagePattern, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { apollo, graphqlApp, mercurius, Nest, rootResolvers, SeenCaller } from '../src/graphql-app.js';
import { authModule } from '../src/world.js';

@Roles('admin')
@Resolver(() => Nest)
class NestResolver {
  @Query(() => Nest, { name: 'nest' })
  find() {
    return { tree: 'oak' };
  }
  @Public()
  @Mutation(() => Nest)
  build() {
    return { tree: 'oak' };
  }
}

@Resolver(() => Nest)
class NestFields {
  @ResolveField('owner', () => SeenCaller)
  ownerOf() {
    return { caller: 'nobody' };
  }
  @ResolveReference()
  resolve() {
    return { tree: 'oak' };
  }
}

@WebSocketGateway({ namespace: 'chat' })
class ChatGateway {
  @SubscribeMessage('send')
  send(_: unknown) {}
}

@Public()
@WebSocketGateway({ path: '/feed' })
class FeedGateway {}

@Controller()
class MessageController {
  @MessagePattern({ cmd: 'sum' })
  sum(_: unknown) {}
  @EventPattern('user.created')
  created(_: unknown) {}
  @GrpcMethod('Notes', 'Find')
  find(_: unknown) {}
}

const parts = (enhancers: readonly 'guards'[]) => ({
  imports: [authModule().auth, apollo({ fieldResolverEnhancers: [...enhancers] })],
  controllers: [MessageController],
  providers: [NestResolver, NestFields, ChatGateway, FeedGateway],
});

const COMMON = {
  'Mutation build': 'public',
  'Query nest': 'authenticated; role admin',
  'ws /chat message send': 'authenticated',
  'ws /feed connection': 'public',
  'event user.created': 'authenticated',
  'grpc Notes/Find': 'authenticated',
  'pattern {"cmd":"sum"}': 'authenticated',
};
const lockOf = (app: INestApplicationContext) => {
  const { entries } = listPolicies(app);
  return JSON.parse(policyLock({ entries: entries.filter(({ isOwn }) => !isOwn) }));
};

test.each<[readonly 'guards'[], string]>([
  [['guards'], 'authenticated'],
  [[], 'left to its query'],
])(
  'fields, messages and patterns are listed with their policies; fieldResolverEnhancers: %j',
  async (enhancers, field) => {
    const expected = { ...COMMON, 'Field Nest.owner': field, 'Reference Nest': field };
    const moduleRef = await Test.createTestingModule(parts(enhancers)).compile();
    expect(lockOf(moduleRef)).toEqual(expected);
    await moduleRef.close();

    @Module(parts(enhancers))
    class AppModule {}
    const preview = await NestFactory.create(AppModule, { preview: true, logger: false, abortOnError: false });
    expect(lockOf(preview)).toEqual(expected);
  },
);

test('a microservice lists its handlers, and has no routes', async () => {
  @Module({ imports: [authModule().auth], controllers: [MessageController] })
  class AppModule {}
  const options = { transport: Transport.TCP, preview: true, logger: false, abortOnError: false } as const;
  const app = await NestFactory.createMicroservice(AppModule, options);
  expect(Object.keys(lockOf(app))).toEqual(['pattern {"cmd":"sum"}', 'event user.created', 'grpc Notes/Find']);
  expect(listPolicies(app).entries.filter(({ kind }) => kind === 'http')).toEqual([]);
  expect(listPolicies(app).findings).toEqual([]);
});

test('the endpoint of GraphQL is outside of the guard, and no finding: each resolver is listed', async () => {
  const { auth } = authModule();
  const { app } = await graphqlApp([auth, mercurius({ path: '/ask' })], rootResolvers(), 'fastify');
  const { outside, findings } = listPolicies(app, { require: 'explicit' });
  expect(outside.map(({ name }) => name)).toEqual(expect.arrayContaining(['POST /ask']));
  expect(findings.filter(({ code }) => code === 'outside_guard')).toEqual([]);
  await app.close();
});
