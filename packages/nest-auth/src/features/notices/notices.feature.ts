import { defineFeature, type OptionsOf } from '@acme/nest-auth';
import { NOTICES_OPTIONS } from './notices.options.js';
import { Notices } from './notices.service.js';
import { SeenDevices } from './seen-devices.js';

declare module '@acme/nest-auth' {
  interface AuthOptions {
    /** For the feature `notices()`. */
    readonly notices?: OptionsOf<typeof NOTICES_OPTIONS>;
  }
  interface LimitedActions {
    notice: unknown;
  }
}

/**
 * Mails that tell users what happened to their account: the password was changed, a new device logged in.
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({
 *   features: [notices()],
 *   useFactory: () => ({ userStore, secrets, mailer, notices: { page: 'https://app.example.org/security' } }),
 * });
 * ```
 */
export const notices = defineFeature({
  name: 'notices',
  options: NOTICES_OPTIONS,
  limits: {
    /** Mails of one kind to one user. A further one is not sent. */
    notice: { points: 10, duration: '1d' },
  },
  needs: { ephemeralStore: true, mailer: true },
  providers: [Notices, SeenDevices],
});
