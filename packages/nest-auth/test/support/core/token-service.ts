import { randomBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { isSigned, type SignatureCheck } from '../../../src/core/tokens/signature.js';
import { TokenService, type TokenServiceOptions } from '../../../src/core/tokens/token-service.js';
import type { AuthUser } from '../../../src/ports/user-store.js';

export const SECRET = randomBytes(32).toString('base64url');
export const TOLERANCE = 5;
export const user: AuthUser = { id: 'u1', login: 'ann', passwordHash: null, roles: ['editor'] };

interface Setting {
  readonly time: { now: number };
  readonly clock: () => number;
  readonly check: jest.Mock<SignatureCheck>;
  readonly tokens: TokenService;
  readonly issue: () => Promise<string>;
}

/** A service with a clock that moves, at a whole second, whose checks of signatures are counted. */
export function setUp(options: Partial<TokenServiceOptions> = {}): Setting {
  const time = { now: 1_900_000_000 };
  const clock = () => time.now * 1000;
  const check = jest.fn<SignatureCheck>(isSigned);
  const defaults = {
    keys: SECRET,
    ttl: 900,
    issuer: undefined,
    audience: [],
    clockTolerance: TOLERANCE,
    claims: undefined,
  };
  const rest = { clock, jws: new JwtService({}), isSigned: check, revocations: undefined, isLive: undefined };
  const tokens = new TokenService({ ...defaults, ...rest, ...options });
  return { time, clock, check, tokens, issue: async () => (await tokens.issue(user, 's1')).token };
}

/** A token is remembered when it is seen the second time. */
export async function untilRemembered(tokens: TokenService, token: string): Promise<void> {
  for (let use = 0; use < 2; use++) await tokens.verify(token);
}

export const codeOf = (tokens: TokenService, token: string): Promise<string> =>
  tokens.verify(token).then(
    () => 'accepted',
    ({ code }) => code,
  );
