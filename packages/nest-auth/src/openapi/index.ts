export { type AuthDocumentOptions, createAuthDocument } from './create-auth-document.js';
