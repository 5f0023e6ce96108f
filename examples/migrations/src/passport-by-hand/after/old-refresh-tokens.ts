import { createHash } from 'node:crypto';
import type { OldRefreshCheck } from '@acme/nest-auth/old-tokens';
import { JwtService } from '@nestjs/jwt';
import type { DataSource } from 'typeorm';
import { User } from '../user.entity.js';

/** Returns the owner of an old refresh token, checked as before the switch. Remove it with `oldTokens()`. */
export function oldRefreshTokens(db: DataSource): OldRefreshCheck {
  const jwt = new JwtService({ secret: process.env.JWT_REFRESH_SECRET ?? '' });
  return async (token) => {
    // Check the signature first, so that a stranger's text costs no query.
    const payload = await jwt.verifyAsync<{ sub: number }>(token, { algorithms: ['HS256'] }).catch(() => null);
    const user = payload && (await db.getRepository(User).findOneBy({ id: payload.sub }));
    return user?.refreshToken === createHash('sha256').update(token).digest('hex') ? user.id : null;
  };
}
