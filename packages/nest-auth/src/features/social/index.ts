export { Identities, type LinkedIdentity } from './identities.service.js';
export { social } from './social.feature.js';
export { SocialLogins } from './social.service.js';
export type {
  Identity,
  ProvidedIdentity,
  ProviderAnswer,
  ProviderOptions,
  ProviderSource,
  StrategyClass,
} from './strategies/provider.js';
