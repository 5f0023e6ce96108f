import { featureSettings, type SettingsOf } from '@acme/nest-auth';
import type { SOCIAL_OPTIONS } from './social.options.js';

/** The feature's own settings, checked. */
export type SocialSettings = SettingsOf<typeof SOCIAL_OPTIONS>;
export const SOCIAL = featureSettings<SocialSettings>('social');
