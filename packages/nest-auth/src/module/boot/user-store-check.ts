import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { UserStore } from '../../ports/user-store.js';

/**
 * Logs the user store's warnings about its table once, in the background, so that it cannot prevent the start of the
 * app.
 */
@Injectable()
export class UserStoreCheck implements OnApplicationBootstrap, OnModuleDestroy {
  #running: Promise<void> | undefined;

  constructor(@Inject(UserStore) private readonly users: UserStore) {}

  onApplicationBootstrap(): void {
    this.#running = this.#run();
  }

  /** A query must not outlive the app's connections. */
  async onModuleDestroy(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      const warnings = (await this.users.diagnose?.()) ?? [];
      for (const warning of warnings) new Logger('UserStore').warn(warning);
    } catch {
      // If the store is down, the first request shows it.
    }
  }
}
