import {
  Authenticated,
  Authorize,
  JwtAuthGuard,
  listPolicies,
  Permissions,
  Public,
  RequireRecent,
  Roles,
  RolesGuard,
} from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { type CanActivate, Controller, Get, Injectable, Post, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { list } from '../../support/policies/list.js';

@Injectable()
class OtherGuard implements CanActivate {
  canActivate() {
    return true;
  }
}

@Roles('admin')
class BaseController {
  @Get('inherited')
  inherited() {
    return {};
  }
}

@Controller('notes')
class NotesController extends BaseController {
  @Get()
  bare() {
    return [];
  }
  @UseGuards(OtherGuard)
  @Permissions('notes:write')
  @RequireRecent('5m')
  @Authorize(() => true)
  @Authenticated('jwt')
  @Post()
  create() {
    return {};
  }
  @Public()
  @Post('open')
  open() {
    return {};
  }
}

@WebSocketGateway()
class Feed {
  @SubscribeMessage('send')
  send() {}
}

@Controller()
class Messages {
  @MessagePattern({ cmd: 'sum' })
  sum() {
    return 1;
  }
}

describe('the list', () => {
  test('has who may call a handler, where that is declared, and which guards run', async () => {
    const { byName } = await list({ controllers: [NotesController, Messages], providers: [OtherGuard] });
    expect(byName.get('POST /notes')).toEqual({
      kind: 'http',
      name: 'POST /notes',
      route: { method: 'POST', path: '/notes', versions: undefined, hosts: undefined },
      className: 'NotesController',
      method: 'create',
      policy: {
        access: 'authenticated',
        strategies: ['jwt'],
        anyRole: [],
        allRoles: [],
        permissions: ['notes:write'],
        requirements: ['a login of the last 300 seconds'],
        authorizers: 1,
      },
      source: { place: 'method', className: 'NotesController' },
      guards: [
        { name: 'JwtAuthGuard', scope: 'global', enforces: true },
        { name: 'OtherGuard', scope: 'method', enforces: false },
      ],
      isOpen: false,
      isOwn: false,
      findings: [],
    });
    const { policy, source } = byName.get('GET /notes/inherited')!;
    expect([policy.anyRole, source]).toEqual([['admin'], { place: 'class', className: 'BaseController' }]);
    expect(byName.get('pattern {"cmd":"sum"}')).toMatchObject({
      kind: 'message',
      className: 'Messages',
      source: { place: 'default' },
      guards: [{ name: 'JwtAuthGuard', scope: 'global', enforces: true }],
    });
  });

  test('has gateways once, even if two modules provide them', async () => {
    const { entries } = await list({ providers: [Feed, { provide: 'again', useExisting: Feed }] });
    expect(entries.map(({ name, className, method }) => [name, className, method])).toEqual([
      ['ws / message send', 'Feed', 'send'],
    ]);
  });

  test('has each of several methods that hear one event, also of classes with one name', async () => {
    @Controller()
    class Hearing {
      @Public()
      @EventPattern('user.created')
      open(_: unknown) {}
      @Roles('admin')
      @EventPattern('user.created')
      closed(_: unknown) {}
    }
    const another = () => {
      @Controller()
      class Hearing {
        @Roles('editor')
        @EventPattern('user.created')
        open(_: unknown) {}
      }
      return Hearing;
    };
    const { entries } = await list({ controllers: [Hearing, another()] });
    expect(entries.map(({ method, policy }) => [method, policy.access, ...policy.anyRole]).sort()).toEqual([
      ['closed', 'authenticated', 'admin'],
      ['open', 'authenticated', 'editor'],
      ['open', 'public'],
    ]);
  });

  test("marks the library's routes as its own, and finds nothing in them", async () => {
    const { entries, findings } = await list({ routes: {} }, { require: 'explicit' });
    expect(entries.filter(({ isOwn }) => isOwn)).toHaveLength(11);
    expect(entries.filter(({ policy }) => policy.access === 'public').map(({ name }) => name)).toContain(
      'POST /auth/login',
    );
    expect(findings).toEqual([]);
  });

  test('refuses what the boot would refuse, in the same words', async () => {
    @Public()
    class Open {
      @Get()
      open() {
        return {};
      }
    }
    @Controller()
    class Closed extends Open {}
    const { NestFactory } = await import('@nestjs/core');
    const preview = await NestFactory.create(
      { module: class {}, controllers: [Closed] },
      { preview: true, logger: false, abortOnError: false },
    );
    expect(() => listPolicies(preview)).toThrow(/Nothing says who may call Closed\.open: its base class Open/);
  });
});

describe('a finding', () => {
  test('is made for an open route that may change something', async () => {
    const { byName, findings } = await list({ controllers: [NotesController], providers: [OtherGuard] });
    expect(findings).toEqual([
      {
        code: 'public_write',
        name: 'POST /notes/open',
        message: 'POST /notes/open may change something and is open to everybody (public).',
        remedy: "Say who may call it, or add 'POST /notes/open' to policy.allowPublic.",
      },
    ]);
    expect(byName.get('POST /notes/open')?.findings).toEqual(findings);
  });

  test('is made for a global guard that is asked before ours', async () => {
    @Injectable()
    class Early extends OtherGuard {}
    const early = { module: class {}, providers: [{ provide: APP_GUARD, useClass: Early }] };
    const late = await list({ later: [early] });
    expect(late.findings).toEqual([]);
    const { findings } = await list({ imports: [early], controllers: [Messages, NotesController] });
    expect(findings.map(({ code, message }) => `${code} ${message}`)).toContainEqual(
      expect.stringContaining('guard_before The global guard Early is asked before JwtAuthGuard'),
    );
  });

  test('is made for each handler without a guard of ours', async () => {
    @UseGuards(JwtAuthGuard)
    @Controller('guarded')
    class Guarded {
      @Get()
      guarded() {
        return {};
      }
    }
    @UseGuards(OtherGuard)
    @Controller('bare')
    class Bare {
      @Get()
      bare() {
        return {};
      }
      @UseGuards(RolesGuard)
      @Get('roles')
      roles() {
        return {};
      }
    }
    const { findings } = await list({
      globalGuard: false,
      routes: {},
      controllers: [Guarded, Bare, Messages],
      providers: [OtherGuard, Feed],
    });
    expect(findings.map(({ code, name }) => `${code} ${name}`).sort()).toEqual([
      'not_guarded GET /bare',
      'not_guarded pattern {"cmd":"sum"}',
      'not_guarded ws / message send',
    ]);
  });

  test.each(['a module', 'main.ts'])('is made for handlers that a global guard of %s may not reach', async (of) => {
    const { findings } = await list({
      globalGuard: false,
      routes: {},
      controllers: [Messages, NotesController],
      providers: [OtherGuard, Feed, ...(of === 'a module' ? [{ provide: APP_GUARD, useExisting: JwtAuthGuard }] : [])],
      configure: (app) => void (of === 'main.ts' && app.useGlobalGuards(app.get(JwtAuthGuard))),
    });
    expect(findings.map(({ code, name }) => `${code} ${name}`).sort()).toEqual([
      'not_guarded pattern {"cmd":"sum"}',
      'not_guarded ws / message send',
      'public_write POST /notes/open',
    ]);
  });
});
