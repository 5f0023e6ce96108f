import { objectSchema, type RouteDescription } from '@acme/nest-auth';

const TIME = { type: 'string', format: 'date-time' };
const NAME = { type: 'string', maxLength: 100 };
const PERMISSIONS = { type: 'array', items: { type: 'string' } };

const SHOWN = {
  id: { type: 'string', format: 'uuid' },
  name: NAME,
  permissions: { ...PERMISSIONS, nullable: true, description: '`null` for all permissions of the user.' },
  created_at: TIME,
  expires_at: { ...TIME, nullable: true },
  last_used_at: { ...TIME, nullable: true, description: 'Up to 15 minutes old.' },
  replaced_by: { type: 'string', format: 'uuid', nullable: true, description: 'Its successor, after a rotation.' },
};

const MADE = objectSchema({ ...SHOWN, key: { type: 'string', description: 'Only this answer shows it.' } });
const OLD_LOGIN = ['insufficient_user_authentication'] as const;

/** What OpenAPI documents say about the routes. */
export const API_KEYS_ROUTES: Readonly<Record<string, RouteDescription>> = {
  create: {
    summary: 'Make an API key',
    body: objectSchema({ name: NAME, permissions: PERMISSIONS, expires_in: { type: 'integer', minimum: 1 } }, ['name']),
    status: 201,
    description: 'The key. It is shown only once.',
    answer: MADE,
    refusals: {
      400: ['invalid_request'],
      401: [...OLD_LOGIN, 'user_not_found', 'user_disabled'],
      403: ['permission_not_held'],
      409: ['too_many_api_keys'],
      429: ['too_many_attempts'],
      503: ['store_unavailable'],
    },
  },
  list: {
    summary: "The caller's API keys",
    status: 200,
    description: 'The keys that work, oldest first.',
    answer: { type: 'array', items: objectSchema(SHOWN) },
    refusals: { 503: ['store_unavailable'] },
  },
  remove: {
    summary: "Remove one of the caller's API keys",
    status: 204,
    description: 'The key no longer works.',
    refusals: { 404: ['not_found'], 503: ['store_unavailable'] },
  },
  rotate: {
    summary: "Replace one of the caller's API keys",
    status: 201,
    description: 'The successor. The replaced key still works for a while.',
    answer: MADE,
    refusals: {
      401: OLD_LOGIN,
      404: ['not_found'],
      409: ['api_key_replaced', 'too_many_api_keys'],
      429: ['too_many_attempts'],
      503: ['store_unavailable'],
    },
  },
};
