import { Public } from '@acme/nest-auth';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { Field, GraphQLModule, Mutation, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { type Handler, handlerClasses } from './handlers.js';
import type { Outcome, Wire } from './stories.js';

@ObjectType()
export class SeenCaller {
  @Field(() => String)
  caller!: string;
}

@ObjectType()
export class Nest {
  @Field(() => String)
  tree!: string;
}

/** Half of them are mutations. */
const MUTATIONS: readonly Handler[] = ['bare', 'admin', 'refusing', 'adminClassBare', 'openClassAdmin'];

export function rootResolvers(): Type[] {
  const on = (name: Handler) => (MUTATIONS.includes(name) ? Mutation : Query)(() => SeenCaller, { name });
  return handlerClasses(on).map(resolver);
}

export function queryResolvers(): Type[] {
  return handlerClasses((name) => Query(() => SeenCaller, { name })).map(resolver);
}

/** A query for anybody, whose fields are the handlers. */
export function fieldResolvers(): Type[] {
  @Resolver()
  class Root {
    @Public()
    @Query(() => Nest)
    nest(): Nest {
      return { tree: 'oak' };
    }
  }
  const fields = handlerClasses((name) => ResolveField(name, () => SeenCaller));
  for (const one of fields) {
    const base = Object.getPrototypeOf(one) as Type;
    // GraphQL must know the type whose fields a base class resolves.
    if (base !== Function.prototype) Resolver(() => Nest)(base);
    Resolver(() => Nest)(one);
  }
  return [Root, ...fields];
}

export function resolver(one: Type): Type {
  Resolver()(one);
  return one;
}

export interface GraphqlApp {
  readonly app: INestApplication;
  readonly url: string;
}

export const apollo = (options: Partial<ApolloDriverConfig> = {}): DynamicModule =>
  GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, ...options });

export const mercurius = (options: Partial<MercuriusDriverConfig> = {}): DynamicModule =>
  GraphQLModule.forRoot<MercuriusDriverConfig>({ driver: MercuriusDriver, autoSchemaFile: true, ...options });

/** @param platform what Nest runs on; mercurius works only on Fastify */
export async function graphqlApp(
  imports: readonly DynamicModule[],
  providers: readonly Type[],
  platform: 'express' | 'fastify' = 'fastify',
): Promise<GraphqlApp> {
  const module = await Test.createTestingModule({ imports: [...imports], providers: [...providers] }).compile();
  const app: INestApplication =
    platform === 'fastify'
      ? module.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  return { app, url: `${await app.getUrl()}/graphql` };
}

export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly [name: string]: unknown };
}

export interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphqlError[];
}

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** Sends queries over HTTP. @param body one query, or several in one request */
export async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

export async function ask(url: string, query: string, token?: string): Promise<Answer> {
  const response = await post(url, { query }, bearer(token));
  return (await response.json()) as Answer;
}

export function outcomeOf({ data, errors }: Answer, field: string): Outcome {
  const code = errors?.[0]?.extensions?.code;
  return errors ? { code } : (data?.[field] as SeenCaller);
}

/** The stories' calls, each an operation of its own. */
export function rootWire({ app, url }: GraphqlApp): Wire {
  return {
    app,
    async call(handler, token) {
      const operation = MUTATIONS.includes(handler) ? 'mutation' : 'query';
      return outcomeOf(await ask(url, `${operation} { ${handler} { caller } }`, token), handler);
    },
    close: () => app.close(),
  };
}

export function fieldWire({ app, url }: GraphqlApp): Wire {
  return {
    app,
    async call(handler, token) {
      const { data, errors } = await ask(url, `{ nest { tree ${handler} { caller } } }`, token);
      return outcomeOf({ data: data?.nest as Answer['data'], errors }, handler);
    },
    close: () => app.close(),
  };
}
