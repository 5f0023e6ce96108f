export type { ApiKey, NewApiKey, WantedApiKey } from './api-key.js';
export { apiKeys } from './api-keys.feature.js';
export { ApiKeys } from './api-keys.service.js';
