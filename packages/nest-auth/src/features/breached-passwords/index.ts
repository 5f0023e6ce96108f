export { breachedPasswords } from './breached-passwords.feature.js';
