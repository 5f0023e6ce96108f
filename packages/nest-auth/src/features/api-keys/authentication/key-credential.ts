import { AuthError, type CredentialKind } from '@acme/nest-auth';
import { API_KEY } from '../api-key.js';
import { digestOf, type Environment, isKey } from '../key-text.js';
import type { KeyHolders } from './key-holders.js';
import { hasKey, sentKey } from './sent-key.js';

/** The credential `'api-key'` of `@Authenticated('jwt', 'api-key')`. Malformed keys cause no store call. */
export function keyCredential(environment: Environment, holders: KeyHolders): CredentialKind {
  return {
    name: API_KEY,
    matches: hasKey,
    authenticate(request) {
      const key = sentKey(request);
      if (!isKey(key, environment)) throw new AuthError('invalid_api_key');
      return holders.find(digestOf(key));
    },
    openapi: {
      scheme: 'apiKeyAuth',
      definition: {
        type: 'apiKey',
        in: 'header',
        name: 'X-API-Key',
        description: 'Or `Authorization: Bearer nak_…`.',
      },
      refusals: { 400: ['invalid_request'], 401: ['invalid_api_key'], 503: ['overloaded', 'store_unavailable'] },
    },
  };
}
