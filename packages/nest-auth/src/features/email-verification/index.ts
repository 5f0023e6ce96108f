export { EmailChange } from './email-change.service.js';
export { emailVerification } from './email-verification.feature.js';
export { EmailVerification } from './email-verification.service.js';
export { RequireVerifiedEmail } from './require-verified-email.js';
