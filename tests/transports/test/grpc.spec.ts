import { fileURLToPath } from 'node:url';
import { AuthError, type AuthErrorCode, CurrentUser, Public } from '@acme/nest-auth';
import {
  type ClientDuplexStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServiceClientConstructor,
  type ServiceError,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Controller, type INestApplicationContext } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall, GrpcStreamMethod, Payload, Transport } from '@nestjs/microservices';
import { map, type Observable, of, toArray } from 'rxjs';
import { freePort, startService, WAYS } from '../src/services.js';
import { authModule, visitor } from '../src/world.js';

const PROTO = fileURLToPath(new URL('../src/stories.proto', import.meta.url));
const { stories } = loadPackageDefinition(loadSync(PROTO)) as { stories: GrpcObject };

type Seen = { readonly caller: string };
// The client is made from the proto file, which TypeScript does not know.
type Calls = Readonly<Record<string, (...args: unknown[]) => never>>;

const reached = jest.fn();

@Controller()
class StreamsController {
  @GrpcStreamMethod('Streams', 'up')
  up(data: Observable<object>, _metadata: Metadata, _call: object) {
    return data.pipe(
      toArray(),
      map((all) => ({ caller: `up ${all.length}` })),
    );
  }

  @GrpcStreamMethod('Streams', 'both')
  both(@Payload() data: Observable<object>, @CurrentUser('id') caller: string) {
    return data.pipe(map(() => ({ caller })));
  }

  @GrpcMethod('Streams', 'down')
  down(@Payload() _data: object, @CurrentUser('id') caller: string) {
    return of({ caller }, { caller });
  }

  @GrpcStreamCall('Streams', 'upCall')
  upCall(call: ServerReadableStream<object, Seen>, callback: sendUnaryData<Seen>) {
    reached();
    let count = 0;
    call.on('data', () => count++);
    call.on('end', () => callback(null, { caller: `up ${count}` }));
  }

  @GrpcStreamCall('Streams', 'bothCall')
  bothCall(@Payload() call: ServerDuplexStream<object, Seen>, @CurrentUser('id') caller: string) {
    reached();
    call.on('data', () => call.write({ caller }));
    call.on('end', () => call.end());
  }

  @Public()
  @GrpcStreamCall('Streams', 'refusingCall')
  refusingCall() {
    throw new AuthError('overloaded', { retryAfter: 3 });
  }

  @Public()
  @GrpcMethod('Failures', 'fail')
  fail({ code, retryAfter }: { code: AuthErrorCode; retryAfter: number }) {
    const maxAge = code === 'insufficient_user_authentication' ? { maxAge: 300 } : {};
    throw new AuthError(code, { ...(retryAfter ? { retryAfter } : {}), ...maxAge });
  }
}

describe.each(WAYS)('gRPC (%s)', (way) => {
  let app: INestApplicationContext;
  let url: string;
  const unhandled = jest.fn();

  beforeAll(async () => {
    process.on('unhandledRejection', unhandled);
    url = `127.0.0.1:${await freePort()}`;
    const options = { transport: Transport.GRPC as const, options: { package: 'stories', protoPath: PROTO, url } };
    ({ app } = await startService({ imports: [authModule().auth], controllers: [StreamsController] }, options, way));
  });
  afterAll(async () => {
    process.off('unhandledRejection', unhandled);
    await app?.close();
  });

  async function connect<T>(service: string, tell: (client: Calls) => Promise<T>): Promise<T> {
    const client = new (stories[service] as ServiceClientConstructor)(url, credentials.createInsecure());
    return tell(client as unknown as Calls).finally(() => client.close());
  }

  const metadataOf = (token?: string) => {
    const metadata = new Metadata();
    if (token) metadata.set('authorization', `Bearer ${token}`);
    return metadata;
  };

  /** Sends twice, and waits for the end. @returns the answers, or the error */
  function stream(method: string, token?: string): Promise<Seen[] | ServiceError> {
    return connect('Streams', (client) => {
      return new Promise((resolve) => {
        const seen: Seen[] = [];
        const single = method.startsWith('up');
        const done = (error: ServiceError | null, value: Seen) => resolve(error ?? [value]);
        const call: ClientDuplexStream<object, Seen> = single
          ? client[method]!(metadataOf(token), done)
          : method === 'down'
            ? client.down!({}, metadataOf(token))
            : client[method]!(metadataOf(token));
        call.on('error', resolve);
        if (!single) call.on('data', (value) => seen.push(value)).on('end', () => resolve(seen));
        if (method === 'down') return;
        call.write({});
        call.write({});
        call.end();
      });
    });
  }

  test.each(['up', 'both', 'down', 'upCall', 'bothCall'])(
    '%s is refused to anonymous, and nothing breaks',
    async (method) => {
      reached.mockClear();
      const error = (await stream(method)) as ServiceError;
      expect([error.code, error.metadata?.get('error-code')]).toEqual([16, ['missing_token']]);
      expect(reached).not.toHaveBeenCalled();
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).not.toHaveBeenCalled();
    },
  );

  test.each(['up', 'both', 'down', 'upCall', 'bothCall'])('%s works for a user', async (method) => {
    const { id, token } = await visitor(app);
    const two = [{ caller: id }, { caller: id }];
    expect(await stream(method, token)).toEqual(method.startsWith('up') ? [{ caller: 'up 2' }] : two);
  });

  test("a stream call's own AuthError ends the call with its code, and breaks nothing", async () => {
    const error = (await stream('refusingCall')) as ServiceError;
    expect([error.code, error.metadata?.get('error-code'), error.metadata?.get('retry-after')]).toEqual([
      14,
      ['overloaded'],
      ['3'],
    ]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).not.toHaveBeenCalled();
  });

  test.each([
    ['missing_token', 16, undefined],
    ['invalid_token', 16, undefined],
    ['insufficient_user_authentication', 16, undefined],
    ['insufficient_scope', 7, undefined],
    ['store_unavailable', 14, 5],
    ['too_many_attempts', 8, 9],
    ['login_taken', 6, undefined],
    ['not_found', 5, undefined],
    ['invalid_request', 3, undefined],
    ['invalid_configuration', 13, undefined],
  ] as const)('%s is status %i', async (code, status, retryAfter) => {
    const error = await connect('Failures', (client) => {
      return new Promise<ServiceError>((resolve) => client.fail!({ code, retryAfter }, resolve));
    });
    expect(error.code).toBe(status);
    expect(error.metadata.get('error-code')).toEqual([code]);
    expect(error.metadata.get('retry-after')).toEqual(retryAfter ? [String(retryAfter)] : []);
    expect(error.metadata.get('max-age')).toEqual(code === 'insufficient_user_authentication' ? ['300'] : []);
    expect(error.details).toBe(
      code === 'invalid_configuration' ? 'Internal server error' : new AuthError(code).message,
    );
  });
});
