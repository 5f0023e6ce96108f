import { AuthError, AuthException, AuthService, Public } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  HttpStatus,
  Inject,
  Injectable,
  IntrinsicException,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { PASSWORD, startApp, type TestApp, type TestAppOptions } from '../../support/app.js';

/** As the Nest documentation shows it, under "Catch everything". */
@Catch()
class CatchEverythingFilter implements ExceptionFilter {
  constructor(@Inject(HttpAdapterHost) private readonly httpAdapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.httpAdapterHost;
    const context = host.switchToHttp();
    const httpStatus = exception instanceof HttpException ? exception.getStatus() : HttpStatus.INTERNAL_SERVER_ERROR;
    const responseBody = { statusCode: httpStatus, mine: true, path: httpAdapter.getRequestUrl(context.getRequest()) };
    httpAdapter.reply(context.getResponse(), responseBody, httpStatus);
  }
}

/** As the Nest documentation shows it, under "Inheritance". */
@Catch()
class ExtendedFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    super.catch(exception, host);
  }
}

@Catch(AuthError)
class ErrorsOnly implements ExceptionFilter<AuthError> {
  constructor(@Inject(HttpAdapterHost) private readonly httpAdapterHost: HttpAdapterHost) {}

  catch({ code }: AuthError, host: ArgumentsHost): void {
    this.httpAdapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), { caught: code }, 418);
  }
}

@Injectable()
class Shop {
  refuse(): never {
    throw new AuthError('too_many_attempts', { retryAfter: 7 });
  }
}

/** An app's own controller, which calls `AuthService` and throws errors of its own. */
@Controller('shop')
class ShopController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(Shop) private readonly shop: Shop,
  ) {}

  @Get('private')
  private() {}
  @Public()
  @Get('login')
  login() {
    return this.auth.login({ login: 'nobody@example.org', password: PASSWORD });
  }
  @Public()
  @Get('sync')
  sync() {
    return this.shop.refuse();
  }
  @Public()
  @Get('configuration')
  async configuration() {
    throw new AuthError('invalid_configuration', { message: 'The table is named app_users_2.' });
  }
  @Public()
  @Get('bug')
  bug() {
    throw new TypeError('not ours');
  }
}

const STATUSES = [
  ['private', 401],
  ['login', 401],
  ['sync', 429],
  ['configuration', 500],
  ['bug', 500],
] as const;

let app: TestApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const start = async (options: TestAppOptions = {}) => {
  app = await startApp({
    ...options,
    controllers: [ShopController],
    providers: [Shop, ...(options.providers ?? [])],
  });
  return app.http;
};

describe("an AuthError that reaches an app's own filter is what its status says", () => {
  test.each<[string, TestAppOptions]>([
    [
      'catch-all, by useGlobalFilters',
      { configure: (nest) => void nest.useGlobalFilters(new CatchEverythingFilter(nest.get(HttpAdapterHost))) },
    ],
    ['catch-all, as APP_FILTER', { providers: [{ provide: APP_FILTER, useClass: CatchEverythingFilter }] }],
    [
      'extending BaseExceptionFilter, by useGlobalFilters',
      { configure: (nest) => void nest.useGlobalFilters(new ExtendedFilter(nest.getHttpAdapter())) },
    ],
    [
      'extending BaseExceptionFilter, as APP_FILTER',
      { providers: [{ provide: APP_FILTER, useClass: ExtendedFilter }] },
    ],
  ])('%s', async (_, options) => {
    const http = await start(options);
    for (const [path, status] of STATUSES) {
      const answer = await http.get(`/shop/${path}`);
      expect([path, answer.status, answer.body.statusCode]).toEqual([path, status, status]);
      expect(answer.text).not.toContain('app_users_2');
    }
    // The library's own routes keep their shape.
    const login = await http.post('/auth/login').send({ email: 'nobody@example.org', password: PASSWORD }).expect(401);
    expect(login.body).toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      code: 'invalid_credentials',
      message: expect.any(String),
    });
  });

  test('a filter for HttpException has body and status of it, and Nest logs it as little as any', async () => {
    await start();
    const error: unknown = new AuthError('too_many_attempts', { retryAfter: 7 });
    if (!(error instanceof HttpException)) throw new Error('not an HttpException');
    expect(error).toBeInstanceOf(IntrinsicException);
    expect(error.getStatus()).toBe(429);
    expect(error.getResponse()).toEqual({
      statusCode: 429,
      error: 'Too Many Requests',
      code: 'too_many_attempts',
      message: 'Too many attempts. Try again later.',
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({ name: 'AuthError', code: 'too_many_attempts', retryAfter: 7 });
  });

  test('a filter for AuthError catches what the app throws', async () => {
    const http = await start({
      configure: (nest) => void nest.useGlobalFilters(new ErrorsOnly(nest.get(HttpAdapterHost))),
    });
    expect((await http.get('/shop/login').expect(418)).body).toEqual({ caught: 'invalid_credentials' });
    await http.get('/shop/private').expect(401);
  });
});

test('instanceof tells an AuthError from an AuthException, and a subclass from its base', () => {
  class Mine extends AuthError {}
  class MineToo extends AuthException {}
  const error = new AuthError('not_found');
  const exception = new AuthException(error);
  expect([error instanceof AuthError, error instanceof AuthException, error instanceof Mine]).toEqual([
    true,
    false,
    false,
  ]);
  expect([exception instanceof AuthException, exception instanceof AuthError]).toEqual([true, false]);
  expect([exception instanceof MineToo, new MineToo(error) instanceof MineToo]).toEqual([false, true]);
  expect([new Mine('not_found') instanceof Mine, new Mine('not_found') instanceof AuthError]).toEqual([true, true]);
});
