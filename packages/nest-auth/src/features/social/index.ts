export { Identities } from './identities/identities.service.js';
export type { LinkedIdentity } from './identities/identity-record.js';
export { social } from './social.feature.js';
export { SocialLogins } from './social.service.js';
export type {
  Identity,
  IdentityMapping,
  ProvidedIdentity,
  ProviderAnswer,
  ProviderOptions,
  ProviderSource,
  StrategyClass,
} from './strategies/provider.js';
