import { type Device, defineFeature, type OptionsOf } from '@acme/nest-auth';
import { EndedUsers } from './ended-users.js';
import { OLD_TOKENS_OPTIONS } from './old-tokens.options.js';
import { OLD_TOKENS_RULES } from './old-tokens.rules.js';
import { OldTokens } from './old-tokens.service.js';
import { UsedTokens } from './used-tokens.js';

declare module '@acme/nest-auth' {
  interface AuthOptions {
    /** For the feature `oldTokens()`. */
    readonly oldTokens?: OptionsOf<typeof OLD_TOKENS_OPTIONS>;
  }
  interface AuthEventFields {
    /** A refresh token of the old app was exchanged for a session. When these events stop, remove `oldTokens()`. */
    old_token_exchanged: { readonly userId: string; readonly sessionId: string; readonly device: Device };
  }
}

/**
 * Accepts the tokens of the app before the switch until they expire: its access tokens as they are, its refresh tokens
 * once, in exchange for a session.
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({
 *   features: [oldTokens()],
 *   useFactory: () => ({
 *     userStore,
 *     secrets,
 *     oldTokens: { until: '2027-03-31', access: { key: process.env.JWT_SECRET ?? '', alg: 'HS256' } },
 *   }),
 * });
 * ```
 */
export const oldTokens = defineFeature({
  name: 'oldTokens',
  options: OLD_TOKENS_OPTIONS,
  rules: OLD_TOKENS_RULES,
  needs: { ephemeralStore: true },
  providers: [EndedUsers, UsedTokens, OldTokens],
  hooks: OldTokens,
});
