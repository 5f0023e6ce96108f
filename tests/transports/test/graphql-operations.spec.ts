import { AuthError, Authenticated, CurrentUser, type Principal, Public } from '@acme/nest-auth';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type DynamicModule, type ExecutionContext, Injectable, Scope, type Type, UseGuards } from '@nestjs/common';
import { Field, GqlExecutionContext, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import { type Answer, apollo, ask, type GraphqlApp, graphqlApp, mercurius, post } from '../src/graphql-app.js';
import { authModule, visitor } from '../src/world.js';

/** Waits, so that other fields of the operation run first. */
@Injectable()
class PartnerStrategy extends PassportStrategy(Strategy, 'partner') {
  async validate(request: { headers: Record<string, string> }) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const id = request.headers['x-partner'];
    return id ? { id, roles: [] } : null;
  }
}

class PartnerGuard extends AuthGuard('partner') {
  override getRequest(context: ExecutionContext) {
    return GqlExecutionContext.create(context).getContext().req;
  }
}

@ObjectType()
class Shop {
  @Field(() => String)
  name!: string;
}

const nameOf = (caller: Principal | null) => caller?.id ?? 'nobody';

@Resolver(() => Shop)
class ShopResolver {
  @Query(() => String, { nullable: true })
  mine(@CurrentUser() caller: Principal) {
    return nameOf(caller);
  }

  @Public()
  @Query(() => String)
  open(@CurrentUser() caller: Principal | null) {
    return nameOf(caller);
  }

  @Authenticated('partner')
  @Query(() => String, { nullable: true })
  partner(@CurrentUser() caller: Principal) {
    return nameOf(caller);
  }

  @Public()
  @UseGuards(PartnerGuard)
  @Query(() => String, { nullable: true })
  plainPassport(@CurrentUser() caller: Principal | null) {
    return nameOf(caller);
  }

  @Query(() => Shop, { nullable: true })
  myShop(): Shop {
    return { name: 'mine' };
  }

  @Authenticated('partner')
  @Query(() => Shop, { nullable: true })
  partnerShop(): Shop {
    return { name: 'theirs' };
  }

  @Public()
  @Query(() => Shop)
  openShop(): Shop {
    return { name: 'open' };
  }

  @ResolveField(() => String)
  asker(@CurrentUser() caller: Principal | null) {
    return nameOf(caller);
  }

  @Public()
  @Query(() => String, { nullable: true })
  failing(): string {
    throw new AuthError('too_many_attempts', { retryAfter: 7 });
  }

  @Public()
  @Query(() => String, { nullable: true })
  stale(): string {
    throw new AuthError('insufficient_user_authentication', { maxAge: 300 });
  }
}

@Resolver()
@Injectable({ scope: Scope.REQUEST })
class RequestScopedResolver {
  @Query(() => String, { nullable: true })
  scoped(@CurrentUser() caller: Principal) {
    return nameOf(caller);
  }
}

const RESOLVERS: readonly Type[] = [PartnerStrategy, ShopResolver, RequestScopedResolver];
const DRIVERS: readonly (readonly [string, (options?: object) => DynamicModule])[] = [
  ['Apollo', apollo],
  ['mercurius', mercurius],
];

let opened: GraphqlApp;
afterEach(() => opened?.app.close());

async function open(driver: DynamicModule, platform: 'express' | 'fastify' = 'fastify'): Promise<GraphqlApp> {
  opened = await graphqlApp([authModule().auth, driver], RESOLVERS, platform);
  return opened;
}

async function answerOf(url: string, query: string, headers: Record<string, string>): Promise<Answer> {
  return (await (await post(url, { query }, headers)).json()) as Answer;
}

describe('GraphQL operations', () => {
  describe.each(DRIVERS)('with %s', (name, driver) => {
    test('a refused field leaves the others their answer', async () => {
      const { url } = await open(driver());
      const { data, errors } = await ask(url, '{ open mine other: open }');
      expect(data).toEqual({ open: 'nobody', mine: null, other: 'nobody' });
      expect(errors).toMatchObject([{ path: ['mine'], extensions: { code: 'missing_token' } }]);
    });

    test('a public field is asked by nobody, whoever asks the private one beside it', async () => {
      const { app, url } = await open(driver());
      const { id, token } = await visitor(app);
      const { data } = await ask(url, '{ first: open mine scoped last: open }', token);
      expect(data).toEqual({ first: 'nobody', mine: id, scoped: id, last: 'nobody' });
    });

    test('each field has the caller of its own strategy, and so have the fields below it', async () => {
      const { app, url } = await open(driver());
      const { id, token } = await visitor(app);
      const query = '{ mine partner myShop { asker } partnerShop { asker } openShop { asker } also: mine }';
      const { data } = await answerOf(url, query, { authorization: `Bearer ${token}`, 'x-partner': 'acme' });
      expect(data).toEqual({
        mine: id,
        also: id,
        partner: 'acme',
        myShop: { asker: id },
        partnerShop: { asker: 'acme' },
        openShop: { asker: 'nobody' },
      });
    });

    test('the user of a guard of @nestjs/passport is the caller where no guard of ours has one', async () => {
      const { url } = await open(driver());
      expect(await answerOf(url, '{ plainPassport }', { 'x-partner': 'acme' })).toEqual({
        data: { plainPassport: 'acme' },
      });
    });

    test('batched operations have the caller of their own request', async () => {
      const batched = name === 'Apollo' ? { allowBatchedHttpRequests: true } : { allowBatchedQueries: true };
      const { app, url } = await open(driver(batched));
      const visitors = await Promise.all(Array.from({ length: 5 }, () => visitor(app)));
      const queries = ['{ mine }', '{ mine: open }', '{ scoped myShop { asker } }'].map((query) => ({ query }));
      const batches = await Promise.all(
        visitors.map(async ({ token }) => (await post(url, queries, { authorization: `Bearer ${token}` })).json()),
      );
      expect(batches).toEqual(
        visitors.map(({ id }) => [
          { data: { mine: id } },
          { data: { mine: 'nobody' } },
          { data: { scoped: id, myShop: { asker: id } } },
        ]),
      );
    });

    test('a refusal has its code, its status and nothing secret', async () => {
      const { url } = await open(driver());
      const token = 'ey.secret.token';
      const response = await post(url, { query: '{ mine failing stale }' }, { authorization: `Bearer ${token}` });
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(text).not.toContain(token);
      expect(text).not.toContain('cause');
      const { errors } = JSON.parse(text) as Answer;
      expect(errors).toMatchObject([
        { message: expect.any(String), path: ['mine'], extensions: { code: 'invalid_token' } },
        { path: ['failing'], extensions: { code: 'too_many_attempts', retryAfter: 7 } },
        { path: ['stale'], extensions: { code: 'insufficient_user_authentication', max_age: 300 } },
      ]);
    });

    test('a refusal is no line in the log', async () => {
      const { app, url } = await open(driver());
      const error = jest.fn();
      app.useLogger({ log() {}, warn() {}, error });
      await ask(url, '{ mine failing }');
      app.useLogger(false);
      expect(error).not.toHaveBeenCalled();
    });

    test('anybody may look at the schema', async () => {
      const { url } = await open(driver());
      expect(await ask(url, '{ __schema { queryType { name } } }')).toEqual({
        data: { __schema: { queryType: { name: 'Query' } } },
      });
    });

    test("the app's own context may be a function, async too", async () => {
      const { app, url } = await open(driver({ context: async (given: object) => ({ given, of: 'the app' }) }));
      const { id, token } = await visitor(app);
      expect(await ask(url, '{ mine }', token)).toEqual({ data: { mine: id } });
    });

    test('a context without a request of its own is refused', async () => {
      const { app, url } = await open(driver({ context: () => ({ req: { headers: {} } }) }));
      const { token } = await visitor(app);
      const { errors } = await ask(url, '{ mine }', token);
      expect(errors).toMatchObject([{ extensions: { code: 'unsupported_context' } }]);
    });
  });

  describe('with Apollo on Express', () => {
    test("the app's own context may name the request", async () => {
      const { app, url } = await open(apollo({ context: ({ req }: { req: object }) => ({ req }) }), 'express');
      const { id, token } = await visitor(app);
      expect(await ask(url, '{ mine }', token)).toEqual({ data: { mine: id } });
    });

    test('GraphiQL is open to anybody', async () => {
      const { url } = await open(apollo({ graphiql: true }), 'express');
      const response = await fetch(url, { headers: { accept: 'text/html' } });
      expect(response.status).toBe(200);
      expect(await response.text()).toMatch(/graphiql/i);
    });

    test("the code is ours with and without Nest's own transformation", async () => {
      const { url } = await open(apollo({ autoTransformHttpErrors: false }), 'express');
      expect((await ask(url, '{ mine }')).errors).toMatchObject([{ extensions: { code: 'missing_token' } }]);
    });

    test('a masking formatError sees the code', async () => {
      const formatError = ({ extensions }: { extensions?: { code?: unknown } }) => ({
        message: 'masked',
        extensions: { code: extensions?.code },
      });
      const { url } = await open(apollo({ formatError: formatError as never }), 'express');
      expect((await ask(url, '{ mine }')).errors).toEqual([
        { message: 'masked', extensions: { code: 'missing_token' } },
      ]);
    });

    test('the status of the answer is the refusal’s where the app says so', async () => {
      const { url } = await open(apollo({ preserveHttpStatusForExecutionErrors: false }), 'express');
      expect((await post(url, { query: '{ mine }' })).status).toBe(401);
      expect((await post(url, { query: '{ failing }' })).status).toBe(429);
      const { errors } = await ask(url, '{ mine }');
      expect(errors?.[0]?.extensions).not.toHaveProperty('http');
    });
  });

  test('a context that mercurius would share between requests gives nobody the caller of another', async () => {
    const shared = {};
    const { app, url } = await open(mercurius({ context: (() => shared) as never }));
    const [first, second] = await Promise.all([visitor(app), visitor(app)]);
    expect(await ask(url, '{ mine }', first.token)).toEqual({ data: { mine: first.id } });
    const { data, errors } = await ask(url, '{ mine mineToo: openShop { asker } }', second.token);
    expect(data).toEqual({ mine: null, mineToo: { asker: 'nobody' } });
    expect(errors).toMatchObject([{ extensions: { code: 'unsupported_context' } }]);
    const aliased = await ask(url, '{ mine: openShop { asker } }', second.token);
    expect(aliased.data).toEqual({ mine: { asker: 'nobody' } });
  });

  test('mercurius may compile queries', async () => {
    const { app, url } = await open(mercurius({ jit: 1 }));
    const { id, token } = await visitor(app);
    for (let round = 0; round < 4; round++) {
      const { data } = await ask(url, '{ mine open myShop { asker } openShop { asker } }', token);
      expect(data).toEqual({ mine: id, open: 'nobody', myShop: { asker: id }, openShop: { asker: 'nobody' } });
      const { errors } = await ask(url, '{ mine failing }');
      expect(errors?.map(({ extensions }) => extensions?.code).sort()).toEqual(['missing_token', 'too_many_attempts']);
    }
  });
});
