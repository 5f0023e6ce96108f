import { createHash } from 'node:crypto';
import { EphemeralStore, SessionService } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { stablePartOf } from './user-agent.js';

/** A login, as far as its device is compared. */
export interface DeviceLogin {
  readonly userId: string;
  readonly userAgent: string | null;
  readonly at: Date;
}

/** In seconds. Each login begins it anew. */
const REMEMBERED_FOR = 365 * 24 * 60 * 60;
/** In seconds: how long one login of a new device keeps the others from telling the user too. */
const CLAIMED_FOR = 10 * 60;
/** In milliseconds: the age at which a session makes its device known. */
const SETTLED_AFTER = 24 * 60 * 60 * 1000;

/**
 * The devices of each user: those of the sessions that live, and a memory that outlives them. A device is remembered
 * once its user was told of it, so the budget of mails bounds the memory too.
 */
@Injectable()
export class SeenDevices {
  constructor(
    @Inject(EphemeralStore) private readonly memory: EphemeralStore,
    @Inject(SessionService) private readonly sessions: SessionService,
  ) {}

  /** Calls `tell` for a device that was not seen before; of parallel logins, one does. What it throws is passed on. */
  async unlessSeen(login: DeviceLogin, tell: () => Promise<void>): Promise<void> {
    const key = keyOf(login);
    if ((await this.memory.get(key)) !== 'seen') {
      if (!(await this.memory.putIfAbsent(key, 'claimed', CLAIMED_FOR))) return;
      if (!(await this.#hasSession(login))) await tell();
    }
    await this.#remember(key);
  }

  async remember(login: Omit<DeviceLogin, 'at'>): Promise<void> {
    await this.#remember(keyOf(login));
  }

  #remember(key: string): Promise<void> {
    return this.memory.put(key, 'seen', REMEMBERED_FOR);
  }

  /**
   * Younger sessions do not count: parallel logins would make each other known, and a user whose mail failed would
   * never be told.
   */
  async #hasSession({ userId, userAgent, at }: DeviceLogin): Promise<boolean> {
    const device = stablePartOf(userAgent);
    const sessions = await this.sessions.list(userId);
    return sessions.some(
      (session) =>
        session.createdAt.getTime() <= at.getTime() - SETTLED_AFTER && stablePartOf(session.userAgent) === device,
    );
  }
}

/** A digest, so that the store lists neither users nor their devices. */
function keyOf({ userId, userAgent }: Omit<DeviceLogin, 'at'>): string {
  const content = JSON.stringify([userId, stablePartOf(userAgent)]);
  return `notices:${createHash('sha256').update(content).digest('base64url')}`;
}
