import { Authenticated, JwtAuthGuard, OptionalAuth, Permissions, Public, Roles } from '@acme/nest-auth';
import { actAs } from '@acme/nest-auth/testing';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Controller, Get, Logger, Scope, type Type, UseGuards } from '@nestjs/common';
import { startApp, type TestApp, type TestAppOptions } from '../../support/app.js';

let app: TestApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(controllers: Type[], options: TestAppOptions = {}): Promise<TestApp> {
  app = await startApp({ controllers, ...options });
  return app;
}

type Method = (...args: never[]) => unknown;

/** Like some tracing libraries: replaces the method with another function. */
const Trace: MethodDecorator = (_target, _name, descriptor) => {
  const method = descriptor.value as Method;
  descriptor.value = function (this: unknown, ...args: never[]) {
    return method.apply(this as never, args);
  } as never;
};

const copyOf = (method: Method): Method => {
  const wrapper: Method = (...args) => method(...args);
  for (const key of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapper);
  }
  return wrapper;
};

/** The statuses for nobody, a plain user and an admin. */
async function statuses({ app: nest, http }: TestApp, path: string): Promise<number[]> {
  const [user, admin] = [await actAs(nest, { id: 'user' }), await actAs(nest, { id: 'admin', roles: ['admin'] })];
  const answers = [await http.get(path), await http.get(path).set(user), await http.get(path).set(admin)];
  return answers.map(({ status }) => status);
}

const FOR_ALL = [200, 200, 200];
const FOR_USERS = [401, 200, 200];
const FOR_ADMINS = [401, 403, 200];

describe('a wrapped handler', () => {
  @Controller('wrapped')
  class WrappedController {
    @Get('above')
    @Trace
    @Roles('admin')
    above() {
      return {};
    }
    @Roles('admin')
    @Get('below')
    @Trace
    below() {
      return {};
    }
    @Get('public')
    @Trace
    @Public()
    open() {
      return {};
    }
    @Get('bare')
    @Trace
    bare() {
      return {};
    }
  }

  test('a wrapped handler lets in whom its decorators name, in whatever order they are written', async () => {
    const running = await start([WrappedController]);
    expect(await statuses(running, '/wrapped/above')).toEqual(FOR_ADMINS);
    expect(await statuses(running, '/wrapped/below')).toEqual(FOR_ADMINS);
    expect(await statuses(running, '/wrapped/public')).toEqual(FOR_ALL);
    expect(await statuses(running, '/wrapped/bare')).toEqual(FOR_USERS);
  });

  test.each([true, false])(
    'a wrapped handler keeps its policy under @UseGuards(JwtAuthGuard), global guard: %s',
    async (globalGuard) => {
      @UseGuards(JwtAuthGuard)
      @Controller('members')
      class MembersController {
        @Get()
        @Trace
        @Roles('admin')
        list() {
          return {};
        }
      }
      expect(await statuses(await start([MembersController], { globalGuard }), '/members')).toEqual(FOR_ADMINS);
    },
  );

  test.each([Scope.DEFAULT, Scope.REQUEST])(
    'a handler that its constructor wraps keeps its policy (scope %s)',
    async (scope) => {
      @Controller({ path: 'built', scope })
      class BuiltController {
        constructor() {
          for (const name of ['admin', 'open', 'bare'] as const) this[name] = copyOf(this[name]) as never;
        }
        @Roles('admin')
        @Get('admin')
        admin() {
          return {};
        }
        @Public()
        @Get('open')
        open() {
          return {};
        }
        @Get('bare')
        bare() {
          return {};
        }
      }
      const running = await start([BuiltController]);
      expect(await statuses(running, '/built/admin')).toEqual(FOR_ADMINS);
      expect(await statuses(running, '/built/open')).toEqual(FOR_ALL);
      expect(await statuses(running, '/built/bare')).toEqual(FOR_USERS);
    },
  );

  class BoundController {
    constructor() {
      for (const name of ['admin', 'open'] as const) this[name] = this[name].bind(this);
    }
    @Roles('admin')
    @Get('admin')
    admin() {
      return {};
    }
    @Public()
    @Get('open')
    open() {
      return {};
    }
  }

  test('a handler that its constructor binds keeps its policy', async () => {
    @Controller('bound')
    class Bound extends BoundController {
      @Public()
      @Get('open')
      override open() {
        return {};
      }
    }
    const running = await start([Bound]);
    expect(await statuses(running, '/bound/admin')).toEqual(FOR_ADMINS);
    expect(await statuses(running, '/bound/open')).toEqual(FOR_ALL);
  });

  test('a handler that is replaced for each request without its metadata lets nobody in', async () => {
    @Controller({ path: 'bound', scope: Scope.REQUEST })
    class Bound extends BoundController {}
    const running = await start([Bound]);
    const log = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    for (const path of ['/bound/admin', '/bound/open']) expect(await statuses(running, path)).toEqual([500, 500, 500]);
    expect(log).toHaveBeenCalledWith(expect.stringContaining('A handler of Bound is a function'));
    log.mockRestore();
  });
});

abstract class Crud {
  @Get()
  list() {
    return {};
  }
  @Roles('admin')
  @Get('admin')
  admin() {
    return {};
  }
  @Public()
  @Get('public')
  open() {
    return {};
  }
}

@Public()
abstract class OpenCrud extends Crud {
  @Get('more')
  more() {
    return {};
  }
}

@Roles('admin')
abstract class AdminCrud {
  @Get()
  list() {
    return {};
  }
}

const crudFor = (role: string) => {
  abstract class RoleCrud {
    @Roles(role)
    @Get()
    list() {
      return {};
    }
  }
  return RoleCrud;
};

describe('a subclass', () => {
  test('a subclass keeps the policy of the handlers that it inherits or overrides', async () => {
    class Between extends Crud {}
    @Controller('notes')
    class NotesController extends Between {
      @Get('admin')
      override admin() {
        return {};
      }
    }
    const running = await start([NotesController]);
    expect(await statuses(running, '/notes')).toEqual(FOR_USERS);
    expect(await statuses(running, '/notes/admin')).toEqual(FOR_ADMINS);
    expect(await statuses(running, '/notes/public')).toEqual(FOR_ALL);
  });

  test('a subclass keeps what its base class asks for, and adds to it', async () => {
    @Controller('kept')
    class KeptController extends AdminCrud {}
    @Controller('added')
    @Permissions('write')
    class AddedController extends AdminCrud {}
    @Controller('replaced')
    @Authenticated()
    class ReplacedController extends AdminCrud {}
    const running = await start([KeptController, AddedController, ReplacedController]);
    expect(await statuses(running, '/kept')).toEqual(FOR_ADMINS);
    expect(await statuses(running, '/added')).toEqual([401, 403, 403]);
    expect(await statuses(running, '/replaced')).toEqual(FOR_USERS);
  });

  test('a subclass of a mixin has the policy of its own use of the mixin', async () => {
    @Controller('admins')
    class AdminsController extends crudFor('admin') {}
    @Controller('others')
    class OthersController extends crudFor('other') {}
    const running = await start([AdminsController, OthersController]);
    expect(await statuses(running, '/admins')).toEqual(FOR_ADMINS);
    expect(await statuses(running, '/others')).toEqual([401, 403, 403]);
  });

  test('a subclass that repeats @Public() is open', async () => {
    @Controller('open')
    @OptionalAuth()
    class OpenController extends OpenCrud {}
    const running = await start([OpenController]);
    expect(await statuses(running, '/open/more')).toEqual(FOR_ALL);
    expect(await statuses(running, '/open/admin')).toEqual(FOR_ADMINS);
  });
});

describe('an app does not boot', () => {
  @Controller('inherits')
  class InheritsController extends OpenCrud {}
  @Controller('overrides')
  class OverridesController extends Crud {
    @Get('public')
    override open() {
      return {};
    }
  }
  @Controller('sets-aside')
  @Roles('admin')
  class AdminsController extends Crud {}

  test.each<[string, Type, RegExp]>([
    [
      'a class would inherit that it is public',
      InheritsController,
      /InheritsController\.more.*OpenCrud.*decorate InheritsController/,
    ],
    [
      'an override of a public handler says nothing',
      OverridesController,
      /OverridesController\.open overrides Crud\.open.*decorate/,
    ],
    [
      'an inherited handler sets aside what its class asks for',
      AdminsController,
      /AdminsController.*inherits open from Crud.*override open/,
    ],
  ])('an app does not boot if %s; the error names class, method and remedy', async (_, controller, message) => {
    const failure = { code: 'invalid_configuration', message: expect.stringMatching(message) };
    await expect(start([controller])).rejects.toMatchObject(failure);
    await expect(start([controller], { globalGuard: false })).rejects.toMatchObject(failure);
  });

  test('an app that does not boot names all problems at once', async () => {
    await expect(start([InheritsController, OverridesController])).rejects.toMatchObject({
      message: expect.stringMatching(/InheritsController\.more.*InheritsController\.list.*OverridesController\.open/),
    });
  });
});

test("the library's own routes and those of features keep their policy when a guard is put before them", async () => {
  @Public()
  @Controller('feature')
  class FeatureController {
    @Get()
    list() {
      return {};
    }
  }
  const running = await start([], {
    globalGuard: false,
    features: [{ name: 'feature', controllers: [FeatureController] }],
  });
  expect(await statuses(running, '/auth/feature')).toEqual(FOR_ALL);
  await running.http.get('/auth/sessions').expect(401);
});
