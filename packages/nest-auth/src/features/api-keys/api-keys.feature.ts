import {
  type Device,
  defineFeature,
  type ErrorCode,
  type FeatureHooks,
  type OptionsOf,
  type SettingsOf,
} from '@acme/nest-auth';
import { ApiKeysController } from './api-keys.controller.js';
import { API_KEYS_OPTIONS, API_KEYS_RULES } from './api-keys.options.js';
import { API_KEYS_ROUTES } from './api-keys.routes.js';
import { ApiKeys } from './api-keys.service.js';
import { keyCredential } from './authentication/key-credential.js';
import { KeyHolders } from './authentication/key-holders.js';
import { PREFIX } from './key-text.js';
import { API_KEYS, StoredKeys } from './stored-keys.js';

declare module '@acme/nest-auth' {
  interface AuthOptions {
    /** For the feature `apiKeys()`. */
    readonly apiKeys?: OptionsOf<typeof API_KEYS_OPTIONS>;
  }
  interface AuthErrorCodes {
    invalid_api_key: ErrorCode;
    permission_not_held: ErrorCode;
    too_many_api_keys: ErrorCode;
    api_key_replaced: ErrorCode;
  }
  interface LimitedActions {
    api_key: unknown;
  }
  interface AuthEventFields {
    /** An API key was made. The user of a service's key is `service:` and its name. */
    api_key_created: { readonly userId: string; readonly keyId: string; readonly device: Device };
    /** An API key was removed. */
    api_key_removed: { readonly userId: string; readonly keyId: string; readonly device: Device };
    /** An API key has a successor. The old key still works for `apiKeys.overlap`. */
    api_key_rotated: {
      readonly userId: string;
      readonly keyId: string;
      readonly successorId: string;
      readonly device: Device;
    };
  }
}

/**
 * Keys for programs, at `/auth/api-keys`. A key opens the handlers that name it and no others:
 *
 * @example
 * ```ts
 * @Authenticated('jwt', 'api-key')
 * @Get('invoices')
 * list(@CurrentUser() caller: Principal) {}
 * ```
 */
export const apiKeys = defineFeature({
  name: 'apiKeys',
  claims: [`credential:${PREFIX}`],
  options: API_KEYS_OPTIONS,
  rules: API_KEYS_RULES,
  codes: {
    /** The API key is mistyped, removed or expired, or its user is disabled or deleted. @client ask for another key */
    invalid_api_key: { status: 401, message: 'The API key is not valid.' },
    /** The requested key has a permission that its user does not have. @client ask for fewer permissions */
    permission_not_held: { status: 403, message: 'A key cannot have permissions that its user does not have.' },
    /** The user has `apiKeys.max` keys. @client remove one */
    too_many_api_keys: { status: 409, message: 'There are too many keys. Remove one first.' },
    /** The key has a successor already. @client use the successor, or make a new key */
    api_key_replaced: { status: 409, message: 'This key was replaced by another one.' },
  },
  limits: {
    /** Keys that a user makes or rotates. */
    api_key: { points: 60, duration: '1h' },
  },
  needs: { credentialStore: true },
  controllers: [ApiKeysController],
  providers: [StoredKeys, KeyHolders, ApiKeys],
  exports: [ApiKeys],
  hooks: {
    inject: [API_KEYS, KeyHolders],
    useFactory: ({ environment }: SettingsOf<typeof API_KEYS_OPTIONS>, holders: KeyHolders): FeatureHooks => ({
      feature: 'apiKeys',
      credential: keyCredential(environment, holders),
    }),
  },
  describe: API_KEYS_ROUTES,
});
