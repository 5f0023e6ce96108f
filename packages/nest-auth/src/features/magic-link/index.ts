export { magicLink } from './magic-link.feature.js';
export { MagicLink, type MagicLinkRequest } from './magic-link.service.js';
export type { MagicLinkProof } from './magic-link-proof.js';
