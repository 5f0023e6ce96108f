export { passwordReset } from './password-reset.feature.js';
export { PasswordReset } from './password-reset.service.js';
