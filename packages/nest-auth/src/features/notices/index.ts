export { notices } from './notices.feature.js';
