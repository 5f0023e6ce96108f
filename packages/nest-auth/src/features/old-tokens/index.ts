export { oldTokens } from './old-tokens.feature.js';
export type { OldAccessTokens, OldClaims, OldRefreshCheck, OldUser } from './old-tokens.options.js';
