import { createHash, randomBytes } from 'node:crypto';
import { Clock, SessionStore } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';

/**
 * The id of the session that represents all old tokens of a user. It has the form of a UUID of version 5 (RFC 9562
 * §5.5); other sessions have version 4. It has no row while the old tokens are valid.
 */
export function sessionIdOf(userId: string): string {
  const hex = createHash('sha256').update(`old-tokens\0${userId}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Users whose old tokens have ended. Each is a row of the session store, so it is as durable as a session. */
@Injectable()
export class EndedUsers {
  constructor(
    @Inject(SessionStore) private readonly store: SessionStore,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async has(userId: string): Promise<boolean> {
    return (await this.store.find(sessionIdOf(userId))) !== null;
  }

  /**
   * @param until when it may be forgotten, in milliseconds since the epoch
   * @returns whether this call added it
   */
  async add(userId: string, until: number): Promise<boolean> {
    if (await this.has(userId)) return false;
    try {
      await this.store.create(this.#row(userId, until));
      return true;
    } catch (error) {
      // Another process wrote it at the same time.
      if (await this.has(userId)) return false;
      throw error;
    }
  }

  /** A session that is revoked from the start. Its secret is not kept. */
  #row(userId: string, until: number) {
    const [now, end] = [new Date(this.clock()), new Date(until)];
    return {
      id: sessionIdOf(userId),
      userId,
      secretHash: createHash('sha256').update(randomBytes(32)).digest('base64url'),
      generation: 0,
      createdAt: now,
      rotatedAt: now,
      expiresAt: end,
      absoluteExpiresAt: end,
      revokedAt: now,
      userAgent: null,
      ip: null,
      methods: [],
      authenticatedAt: now,
      remember: false,
      actorId: null,
    };
  }
}
