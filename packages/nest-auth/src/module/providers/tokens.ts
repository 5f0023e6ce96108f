import { type Token, token } from '../../core/token.js';
import type { AuthFeature, FeatureHooks } from '../../features/feature.js';
import type { AuthSettings, SharedSettings } from '../../options/auth/auth-settings.js';
import type { ResourceServerSettings } from '../../options/resource-server/resource-server-settings.js';

/** The checked options of an `AuthModule`. */
export const SETTINGS = token<AuthSettings>('settings');
/** Like `SETTINGS`, but only the part that a resource server has too. */
export const SHARED_SETTINGS = SETTINGS as Token<unknown> as Token<SharedSettings>;
/** Like `SETTINGS`, in a resource server. */
export const RESOURCE_SERVER_SETTINGS = SETTINGS as Token<unknown> as Token<ResourceServerSettings>;
/** The features of an `AuthModule`, in their order. */
export const FEATURES = token<readonly AuthFeature[]>('features');
/** The hooks of all features, in their order. Empty until everything is built. */
export const FEATURE_HOOKS = token<readonly FeatureHooks[]>('feature-hooks');
