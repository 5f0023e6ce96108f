import { createHash } from 'node:crypto';
import { EphemeralStore, SessionService } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { stablePartOf } from './user-agent.js';

/** The parts of a login that are needed to recognise its device. */
export interface DeviceLogin {
  readonly userId: string;
  readonly userAgent: string | null;
  readonly at: Date;
}

/** In seconds. Each login starts this time again. */
const REMEMBERED_FOR = 365 * 24 * 60 * 60;
/** In seconds: how long the first login of a new device prevents parallel logins from sending the same mail. */
const CLAIMED_FOR = 10 * 60;
/** In milliseconds: the age at which a session makes its device known. */
const SETTLED_AFTER = 24 * 60 * 60 * 1000;

/**
 * The known devices of each user: those of live sessions, and a store for devices without a session. A device is stored
 * only after its user was told of it, so the budget of mails limits the store too.
 */
@Injectable()
export class SeenDevices {
  constructor(
    @Inject(EphemeralStore) private readonly memory: EphemeralStore,
    @Inject(SessionService) private readonly sessions: SessionService,
  ) {}

  /** Calls `tell` for a device that was not seen before, once for parallel logins. Errors of `tell` are thrown. */
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
   * Whether an older session has this device. Younger sessions do not count: of parallel logins, each would make the
   * other known, and a user whose mail failed would never be told.
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
