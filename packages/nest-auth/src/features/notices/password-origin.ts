import { AuthEvents, BackgroundTasks, type Device, SessionService } from '@acme/nest-auth';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';

const UNKNOWN: Device = { ip: null, userAgent: null };

/** Where passwords are changed from, which the event `password_changed` does not say. */
@Injectable()
export class PasswordOrigin implements OnModuleInit {
  /** By user, until the notice of the change is on its way. */
  readonly #resets = new Map<string, Device>();

  constructor(
    @Inject(AuthEvents) private readonly events: AuthEvents,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
    @Inject(SessionService) private readonly sessions: SessionService,
  ) {}

  onModuleInit(): void {
    // It follows `password_changed` at once, before any task in the background begins.
    this.events.on('password_reset', ({ userId, device }) => {
      this.#resets.set(userId, device);
      this.background.run(async () => this.#resets.delete(userId));
    });
  }

  /**
   * To be called when the task in the background begins.
   * @returns the device of a reset; for a change, the device of the session that asked for it, as it logged in
   */
  async of({ userId, at }: { readonly userId: string; readonly at: Date }): Promise<Device> {
    const reset = this.#resets.get(userId);
    if (reset) return reset;
    // A change ends all sessions but the one that asked for it. Younger ones have logged in with the new password.
    const spared = (await this.sessions.list(userId)).filter(({ createdAt }) => createdAt < at);
    const [session] = spared;
    return session && spared.length === 1 ? { ip: session.ip, userAgent: session.userAgent } : UNKNOWN;
  }
}
