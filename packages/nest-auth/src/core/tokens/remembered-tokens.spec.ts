import { describe, expect, jest, test } from '@jest/globals';
import { codeOf, setUp, untilRemembered, user } from '../../../test/support/core/token-service.js';
import { forge, hmac, open } from '../../../test/support/keys/forge.js';
import { AuthError } from '../errors/auth-error.js';
import { Revocations } from '../revocation/revocations.js';

describe('a token that was verified is remembered', () => {
  test('a token that is used often costs two signature checks, and its principal cannot be changed', async () => {
    const { tokens, issue, check } = setUp({ claims: () => ({ tenant: { name: 'acme' } }) });
    const token = await issue();
    for (let use = 0; use < 2; use++) expect(Object.isFrozen(await tokens.verify(token))).toBe(true);
    const principal = await tokens.verify(token);
    for (let use = 0; use < 3; use++) expect(await tokens.verify(token)).toBe(principal);
    expect(check).toHaveBeenCalledTimes(2);
    expect(principal).toMatchObject({ id: 'u1', sessionId: 's1', roles: ['editor'], permissions: [] });
    for (const part of [principal, principal.roles, principal.permissions, principal.claims, principal.claims.tenant]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test('a refusal is not remembered: neither by signature nor by token', async () => {
    const { tokens, issue, check } = setUp();
    const token = await issue();
    const { header, payload } = open(token);
    const [head, , signature] = token.split('.');
    const altered = `${head}.${Buffer.from(JSON.stringify({ ...payload, roles: ['admin'] })).toString('base64url')}.${signature}`;
    await untilRemembered(tokens, token);
    check.mockClear();
    for (const bad of [altered, altered, altered, forge(header, payload, hmac('x'))])
      expect(await codeOf(tokens, bad)).toBe('invalid_token');
    expect(check).toHaveBeenCalledTimes(4);
  });

  test('with strict revocation the store is asked on every use, also for a remembered token', async () => {
    const isLive = jest.fn(async () => true);
    const { tokens, issue } = setUp({ isLive });
    const token = await issue();
    expect([await codeOf(tokens, token), await codeOf(tokens, token)]).toEqual(['accepted', 'accepted']);
    isLive.mockResolvedValue(false);
    expect(await codeOf(tokens, token)).toBe('token_revoked');
    expect(isLive).toHaveBeenCalledTimes(3);
    isLive.mockRejectedValue(new Error('down'));
    await expect(tokens.verify(token)).rejects.toThrow('down');
  });

  test('a remembered token ends with the revocation of its own session or user, and with no other', async () => {
    for (const revokeOwn of [
      (all: Revocations) => all.addSession('s1'),
      (all: Revocations) => all.addUser('u1', 't1'),
    ]) {
      const time = { now: 1_900_000_000 };
      const clock = () => time.now * 1000;
      const revocations = new Revocations(900, clock);
      const { tokens, issue, check } = setUp({ revocations, clock });
      const token = await issue();
      await untilRemembered(tokens, token);
      check.mockClear();
      time.now += 1;
      for (const stranger of ['s2', 's3']) {
        expect([await codeOf(tokens, token), await codeOf(tokens, token)]).toEqual(['accepted', 'accepted']);
        revocations.addSession(stranger);
        revocations.addUser(stranger, `tombstone of ${stranger}`);
      }
      expect(await codeOf(tokens, token)).toBe('accepted');
      revokeOwn(revocations);
      expect([await codeOf(tokens, token), await codeOf(tokens, token)]).toEqual(['token_revoked', 'token_revoked']);
      revocations.addSession('s4');
      expect(await codeOf(tokens, token)).toBe('token_revoked');
      expect(check).not.toHaveBeenCalled();
    }
  });

  test('while revocations cannot be known, every token is answered with an outage, not with a refusal', async () => {
    const revocations = new Revocations(900, Date.now);
    const { tokens, issue } = setUp({ revocations });
    const token = await issue();
    expect(await codeOf(tokens, token)).toBe('accepted');
    const source = { isCurrent: () => false, catchUp: () => Promise.reject(new AuthError('store_unavailable')) };
    revocations.source = source;
    expect(await codeOf(tokens, token)).toBe('store_unavailable');
    source.isCurrent = () => true;
    expect(await codeOf(tokens, token)).toBe('accepted');
  });

  test('if the known revocations are too old, new ones are fetched first and decide', async () => {
    const revocations = new Revocations(900, Date.now);
    const { tokens, issue } = setUp({ revocations });
    const token = await issue();
    await untilRemembered(tokens, token);
    let current = false;
    const news: string[] = [];
    revocations.source = {
      isCurrent: () => current,
      catchUp: async () => {
        for (const sessionId of news) revocations.addSession(sessionId);
        current = true;
      },
    };
    expect(await codeOf(tokens, token)).toBe('accepted');
    current = false;
    news.push('s1');
    expect(await codeOf(tokens, token)).toBe('token_revoked');
  });

  test('the age of revocations follows the clock of the process, not a clock that a test moves', async () => {
    const revocations = new Revocations(900, Date.now);
    const isCurrent = jest.fn((_wall?: number) => true);
    revocations.source = { isCurrent, catchUp: async () => {} };
    const moved = setUp({ revocations });
    await moved.tokens.verify(await moved.issue());
    const usual = setUp({ revocations, clock: Date.now });
    await usual.tokens.verify(await usual.issue());
    expect(isCurrent.mock.calls).toEqual([[undefined], [expect.any(Number)]]);
  });

  test('a user whose rows are gone is refused, unless the store still has the session', async () => {
    const revocations = new Revocations(900, Date.now);
    const isLive = jest.fn(async (sessionId: string) => sessionId === 's1');
    const { tokens, issue } = setUp({ revocations, isLive });
    const own = await issue();
    const gone = (await tokens.issue(user, 's2')).token;
    for (const token of [own, gone]) await untilRemembered(tokens, token);
    expect(isLive).not.toHaveBeenCalled();
    revocations.addUser('u1', 't1');
    expect([await codeOf(tokens, own), await codeOf(tokens, gone)]).toEqual(['accepted', 'token_revoked']);
    // The store is not asked again until there is a new tombstone.
    isLive.mockClear();
    expect(await codeOf(tokens, own)).toBe('accepted');
    expect(isLive).not.toHaveBeenCalled();
    isLive.mockResolvedValue(false);
    revocations.addUser('u1', 't2');
    expect(await codeOf(tokens, own)).toBe('token_revoked');
    isLive.mockRejectedValue(new AuthError('store_unavailable'));
    expect(await codeOf(tokens, own)).toBe('store_unavailable');
  });
});
