import { CurrentUser, OptionalAuth, type Principal, Public, Roles } from '@acme/nest-auth';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ApolloFederationDriver } from '@nestjs/apollo';
import type { DynamicModule, Type } from '@nestjs/common';
import {
  Directive,
  Field,
  GraphQLModule,
  ID,
  ObjectType,
  Query,
  ResolveField,
  ResolveReference,
  Resolver,
} from '@nestjs/graphql';
import { type Answer, apollo, type GraphqlApp, graphqlApp, mercurius, post } from '../src/graphql-app.js';
import { IS_NEST_12 } from '../src/nest-12.js';
import { authModule, visitor } from '../src/world.js';

// Under jest's ES modules, @nestjs/graphql 13 and Apollo's subgraph load different copies of graphql.
const testOfFederation = IS_NEST_12 ? test : test.skip;

@ObjectType()
@Directive('@key(fields: "id")')
class Product {
  @Field(() => ID)
  id!: string;
}

@Resolver()
class Root {
  @Public()
  @Query(() => Product)
  product(): Product {
    return { id: '1' };
  }
}

@Resolver(() => Product)
class OnField {
  @Roles('admin')
  @ResolveField(() => String, { nullable: true })
  price() {
    return '9';
  }
}

@Roles('admin')
@Resolver(() => Product)
class OnClass {
  @ResolveField(() => String)
  cost() {
    return '5';
  }
}

@Resolver(() => Product)
class OnReference {
  @OptionalAuth()
  @ResolveReference()
  resolveReference(reference: { id: string }) {
    return reference;
  }
}

@Public()
@Resolver(() => Product)
class Harmless {
  @ResolveField(() => String)
  label() {
    return 'all of them';
  }
}

@Resolver(() => Product)
class WithoutPolicy {
  @ResolveField(() => String)
  label() {
    return 'all of them';
  }
}

const GUARDS = { fieldResolverEnhancers: ['guards'] as never };

let opened: GraphqlApp | undefined;
afterEach(async () => {
  await opened?.app.close();
  opened = undefined;
});

async function boot(driver: DynamicModule, ...resolvers: Type[]): Promise<GraphqlApp> {
  opened = await graphqlApp([authModule().auth, driver], [Root, ...resolvers]);
  return opened;
}

describe('an app with GraphQL', () => {
  test('does not boot with a policy on a field resolver that has no guards', async () => {
    await expect(boot(apollo(), OnField)).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringMatching(/OnField\.price.*fieldResolverEnhancers: \['guards'\]/),
    });
  });

  test('nor with one on the class of a field resolver', async () => {
    await expect(boot(apollo(), OnClass)).rejects.toThrow(/OnClass\.cost/);
  });

  testOfFederation('nor with one on a reference resolver', async () => {
    await expect(boot(federation(), OnReference)).rejects.toThrow(/OnReference\.resolveReference/);
  });

  test('nor where the resolver comes from a factory', async () => {
    const factory = { provide: 'fields', useFactory: () => new OnField() };
    const wrapper: DynamicModule = { module: class Fields {}, providers: [factory] };
    await expect(graphqlApp([authModule().auth, apollo(), wrapper], [Root])).rejects.toThrow(/OnField\.price/);
  });

  test.each([
    ['guards for field resolvers', apollo(GUARDS), OnField],
    ['no policy on them', apollo(), WithoutPolicy],
    ['@Public on them alone', apollo(), Harmless],
  ])('boots with %s', async (_what, driver, resolver) => {
    await expect(boot(driver, resolver)).resolves.toBeDefined();
  });

  test.each([
    ['Apollo', apollo],
    ['mercurius', mercurius],
  ])('does not boot where %s would put one request into the context of all', async (_name, driver) => {
    await expect(boot(driver({ context: { of: 'the app' } as never }))).rejects.toThrow(/`context` that is an object/);
  });
});

const federation = (options: object = {}): DynamicModule =>
  GraphQLModule.forRoot({
    driver: ApolloFederationDriver,
    autoSchemaFile: { federation: 2 },
    plugins: [ApolloServerPluginInlineTraceDisabled()],
    ...options,
  } as never);

@Resolver(() => Product)
class References {
  @ResolveReference()
  resolveReference(reference: { id: string }) {
    return reference;
  }

  @Public()
  @ResolveField(() => String)
  asker(@CurrentUser() caller: Principal | null) {
    return caller?.id ?? 'nobody';
  }
}

testOfFederation(
  'a reference resolver of Federation is private by default where field resolvers have guards',
  async () => {
    const { app, url } = await boot(federation(GUARDS), References);
    const query =
      '{ _entities(representations: [{ __typename: "Product", id: "7" }]) { ... on Product { id asker } } }';
    const entities = async (headers: Record<string, string> = {}) =>
      (await (await post(url, { query }, headers)).json()) as Answer;
    expect((await entities()).errors).toMatchObject([{ extensions: { code: 'missing_token' } }]);
    const { id, token } = await visitor(app);
    expect(await entities({ authorization: `Bearer ${token}` })).toEqual({
      data: { _entities: [{ id: '7', asker: id }] },
    });
  },
);
