import { describe, expect, test } from '@jest/globals';
import { BadGatewayException, ConflictException, HttpException, NotFoundException } from '@nestjs/common';
import { PASSWORD, signUp } from '../../support/app.js';
import { appOnTeamStore, INTERNAL } from '../../support/team-store.js';

const team = appOnTeamStore();
const { start, post, register, login, me } = team;

describe('a store that rejects', () => {
  const named = (name: string, more: object = {}) =>
    Object.assign(new Error(`SELECT … WHERE login = 'ann@example.org' AND hash = '${PASSWORD}'`), { name, ...more });

  test.each<[string, () => unknown]>([
    ["Nest's NotFoundException", () => new NotFoundException()],
    ["TypeORM's EntityNotFoundError", () => named('EntityNotFoundError')],
    ["Prisma's P2025", () => named('PrismaClientKnownRequestError', { code: 'P2025' })],
    ["Mongoose's DocumentNotFoundError", () => named('DocumentNotFoundError')],
  ])('%s from a lookup means that nobody is found', async (_, failure) => {
    const { email, refresh } = await signUp(team.app);
    const known = await login(email, 'the wrong passphrase').expect(401);
    team.store.fails = { findByLogin: failure, findById: failure };
    const unknown = await login('nobody@example.org').expect(401);
    expect(unknown.body).toEqual(known.body);
    expect((await post('refresh', { refresh_token: refresh }).expect(401)).body.code).toBe('user_not_found');
    expect(team.lines).toEqual([]);
  });

  test('an ORM\'s "not found" from setPasswordHash means that nothing was changed', async () => {
    const { access } = await signUp(team.app);
    team.store.setPasswordHash = async () => {
      throw named('PrismaClientKnownRequestError', { code: 'P2025' });
    };
    const { body } = await team.app
      .as(access)
      .post('/auth/password')
      .send({ current_password: PASSWORD, new_password: 'an even finer passphrase' })
      .expect(409);
    expect(body.code).toBe('password_changed_meanwhile');
  });

  test('a ConflictException from create means that the login is taken', async () => {
    team.store.fails = { create: () => new ConflictException('users_login') };
    expect((await register().expect(409)).body).toEqual({
      statusCode: 409,
      error: 'Conflict',
      code: 'login_taken',
      message: 'This login is taken.',
    });
    expect(team.lines).toEqual([]);
  });

  test.each<[number, HttpException]>([
    [402, new HttpException({ plan: 'expired' }, 402)],
    [502, new BadGatewayException({ upstream: 'directory' })],
  ])('another HttpException goes to the client as it is: %i', async (status, exception) => {
    const { email, access } = await signUp(team.app);
    team.store.fails = { findByLogin: () => exception, findById: () => exception, create: () => exception };
    for (const request of [login(email), me(access), register('new@example.org')]) {
      expect((await request.expect(status)).body).toEqual(exception.getResponse());
    }
  });

  test('an HttpException with status 200 is an outage, not an answer', async () => {
    team.store.fails = { findByLogin: () => new HttpException({ access_token: 'x' }, 200) };
    expect((await login('ann@example.org').expect(503)).body.code).toBe('store_unavailable');
  });

  const BUG = () => (undefined as unknown as { rows: unknown }).rows;

  test('a TypeError in a store is 500, and in development the log has its message and stack', async () => {
    process.env.NODE_ENV = 'development';
    team.store.fails = { findByLogin: BUG };
    expect((await login('ann@example.org').expect(500)).body).toEqual(INTERNAL);
    expect(team.lines).toHaveLength(1);
    expect(team.lines[0]).toMatch(
      /UserStore\.findByLogin failed with TypeError \(TeamStore\), at .*rejecting-store\.spec\.ts:\d+/,
    );
    expect(team.lines[0]).toMatch(/TypeError: Cannot read properties of undefined \(reading 'rows'\)\n {4}at /);
  });

  test('a TypeError in a store is 500, and in production the log has its name and place', async () => {
    process.env.NODE_ENV = 'production';
    team.store.fails = { findByLogin: BUG };
    expect((await login('ann@example.org').expect(500)).body).toEqual(INTERNAL);
    expect(team.lines).toEqual([
      expect.stringMatching(
        /^contract_broken: .*UserStore\.findByLogin failed with TypeError \(TeamStore\), at .*rejecting-store\.spec\.ts:\d+:\d+\)?$/,
      ),
    ]);
    expect(team.lines[0]).not.toContain('Cannot read');
  });

  test.each(['production', 'development'])(
    "the log names the ORM's and the driver's error, without their messages (%s)",
    async (environment) => {
      process.env.NODE_ENV = environment;
      const driver = named('DatabaseError', { code: '42P01', parameters: [PASSWORD] });
      team.store.fails = { findByLogin: () => named('DrizzleQueryError', { params: [PASSWORD], cause: driver }) };
      const { body, headers } = await login('ann@example.org').expect(503);
      expect([body.code, headers['retry-after']]).toEqual(['store_unavailable', '1']);
      expect(team.lines).toEqual([
        expect.stringMatching(
          /^store_unavailable: UserStore\.findByLogin failed with DrizzleQueryError, caused by DatabaseError 42P01 \(TeamStore\), at /,
        ),
      ]);
      expect(team.lines[0]).not.toMatch(/SELECT|ann@example|passphrase/);
    },
  );

  test('a TypeError in the session store is 500 and not 401, by our guard and by Passport', async () => {
    await team.app.close();
    await start({ revocation: 'strict' });
    const { access } = await signUp(team.app);
    team.app.sessionStore.find = async () => BUG() as never;
    for (const route of ['/notes', '/by-passport']) {
      expect((await team.app.as(access).get(route).expect(500)).body).toEqual(INTERNAL);
    }
  });
});
