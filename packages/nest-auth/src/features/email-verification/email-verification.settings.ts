import { featureSettings, type SettingsOf } from '@acme/nest-auth';
import type { EMAIL_VERIFICATION_OPTIONS } from './email-verification.options.js';

export type EmailVerificationSettings = SettingsOf<typeof EMAIL_VERIFICATION_OPTIONS>;

/** The checked options. */
export const EMAIL_VERIFICATION = featureSettings<EmailVerificationSettings>('emailVerification');
