import { AuthModule, type AuthOptions, listPolicies, Public, Roles } from '@acme/nest-auth';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type CanActivate, Controller, Get, Injectable, Logger, Post } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { SECRETS, startApp } from '../../support/app.js';

@Controller('webhooks')
class WebhooksController {
  @Public()
  @Post('stripe')
  stripe() {
    return {};
  }
}

@Controller('notes')
class NotesController {
  @Get()
  list() {
    return [];
  }
  @Roles('edtior')
  @Get('drafts')
  drafts() {
    return [];
  }
}

@Injectable()
class EarlyGuard implements CanActivate {
  canActivate() {
    return true;
  }
}
const EARLY = { module: class {}, providers: [{ provide: APP_GUARD, useClass: EarlyGuard }] };

const start = (policy: AuthOptions['policy']) =>
  startApp({
    options: { policy } as Partial<AuthOptions>,
    controllers: [WebhooksController, NotesController],
    imports: [EARLY],
  });

/** The lines of the boot error. */
async function refusalOf(policy: AuthOptions['policy']): Promise<string[]> {
  const error = await start(policy).then(
    ({ close }) => close().then(() => new Error('it started')),
    (refusal: Error) => refusal,
  );
  return error.message.split('\n');
}

afterEach(() => void jest.restoreAllMocks());

describe('the option policy', () => {
  test('refuses to boot with all findings at once, each with what to do', async () => {
    const refusal = await refusalOf({
      require: 'explicit',
      allowPublic: ['POST /gone'],
      roles: ['editor'],
      permissions: [],
    });
    expect(refusal).toEqual([
      'AuthModule cannot start, because of the option policy:',
      expect.stringMatching(
        /^ {2}- guard_before: The global guard EarlyGuard .* add 'EarlyGuard' to policy\.guardsBefore\.$/,
      ),
      "  - stale_entry: policy.allowPublic names 'POST /gone', which does not exist. Remove it.",
      "  - public_write: POST /webhooks/stripe may change something and is open to everybody (public). Say who may call it, or add 'POST /webhooks/stripe' to policy.allowPublic.",
      expect.stringMatching(/^ {2}- undeclared: Nothing says who may call GET \/notes, .* Decorate the method/),
      "  - unknown_role: GET /notes/drafts requires the unknown role 'edtior'. Correct it, or add it to policy.roles.",
    ]);
  });

  test('lets an app without findings start, and listPolicies uses the same rules', async () => {
    const { app, close } = await start({ allowPublic: ['POST /webhooks/stripe'], guardsBefore: ['EarlyGuard'] });
    expect(listPolicies(app).findings).toEqual([]);
    expect(listPolicies(app, {}).findings.map(({ code }) => code)).toEqual(['guard_before', 'public_write']);
    await close();
  });

  test("refuses to boot by default, and logs findings once with onFinding 'warn'", async () => {
    expect(await refusalOf({})).toHaveLength(3);
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const { close } = await start({ onFinding: 'warn' });
    await close();
    const said = warn.mock.calls.map(([message]) => String(message)).filter((one) => one.includes('policies'));
    expect(said).toEqual([
      expect.stringMatching(/^Check the policies of this app:\n {2}- guard_before.*\n {2}- public_write/),
    ]);
  });

  test('is not checked if it is not given', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const { close } = await start(undefined);
    await close();
    expect(warn.mock.calls.flat().filter((one) => String(one).includes('policies'))).toEqual([]);
  });

  test.each<[unknown, RegExp]>([
    [{ require: 'all' }, /policy\.require must be 'explicit' or 'none'/],
    [{ allowPublic: 'POST /x' }, /policy\.allowPublic is a string; write \['POST \/webhooks\/stripe'\]/],
    [{ allowPublic: [1] }, /policy\.allowPublic\[0\] is a number/],
    [{ onFinding: 'log' }, /policy\.onFinding must be 'throw' or 'warn'/],
    [{ allow: [] }, /policy\.allow is not an option; choose from require, allowPublic/],
    ['explicit', /policy is a string; write \{ require/],
  ])('%j is refused at boot with what to write', async (policy, message) => {
    expect((await refusalOf(policy as AuthOptions['policy'])).join('\n')).toMatch(message);
  });
});

test('a resource server checks its policies in the same way', async () => {
  const server = { keys: SECRETS.access, issuer: 'https://a.example', audience: 'notes', policy: {} };
  const moduleRef = await Test.createTestingModule({
    imports: [AuthModule.forResourceServer(server)],
    controllers: [WebhooksController],
  }).compile();
  const app =
    process.env.HTTP === 'fastify'
      ? moduleRef.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : moduleRef.createNestApplication({ logger: false });
  await expect(app.init()).rejects.toThrow(/option policy:\n {2}- public_write: POST \/webhooks\/stripe/);
  await app.close();
});
