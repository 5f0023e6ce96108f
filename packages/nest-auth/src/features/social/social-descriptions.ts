import { objectSchema, type RouteDescription } from '@acme/nest-auth';

const TEXT = { type: 'string' };

/** What an OpenAPI document says about the routes. */
export const SOCIAL_DESCRIPTIONS: Readonly<Record<string, RouteDescription>> = {
  begin: {
    summary: 'Log in with a provider: open it in a browser',
    status: 302,
    description: 'A redirect to the provider, or to a page of the app with `#error=…`.',
    refusals: {
      400: ['invalid_request'],
      404: ['unknown_provider'],
      503: ['provider_failed', 'store_unavailable'],
    },
  },
  callback: {
    summary: "The provider's answer",
    status: 302,
    description: 'A redirect to a page of the app, with cookies, `#code=…` or `#error=…`.',
    refusals: {
      400: ['invalid_request', 'invalid_login_state'],
      404: ['unknown_provider'],
      503: ['provider_failed', 'store_unavailable'],
    },
  },
  callbackByForm: {
    summary: "The provider's answer, if it sends a form",
    status: 303,
    description: 'A redirect to the same address, by GET.',
    refusals: {
      400: ['invalid_request'],
      404: ['unknown_provider'],
      429: ['too_many_attempts'],
      503: ['store_unavailable'],
    },
  },
  code: {
    summary: 'Exchange the code of a login for tokens',
    body: objectSchema({ code: TEXT, code_verifier: TEXT }),
    status: 200,
    description: 'Logged in, or a further step is required.',
    answer: 'login',
    refusals: { 400: ['invalid_request', 'invalid_login_code'], 503: ['store_unavailable'] },
  },
  idToken: {
    summary: 'Log in with an ID token of a provider, in an app on a phone',
    body: objectSchema({ id_token: TEXT, nonce: TEXT }),
    status: 200,
    description: 'Logged in, or a further step is required.',
    answer: 'login',
    refusals: {
      400: ['invalid_request', 'provider_answer_refused', 'email_missing'],
      401: ['user_disabled'],
      403: ['sign_up_closed'],
      404: ['unknown_provider'],
      409: ['account_exists'],
      429: ['too_many_attempts'],
      503: ['store_unavailable'],
    },
  },
  list: {
    summary: 'The providers that the caller can log in with',
    status: 200,
    description: 'Oldest first.',
    answer: {
      type: 'array',
      items: objectSchema({
        id: { type: 'string', format: 'uuid' },
        provider: TEXT,
        email: { description: 'The address at the provider; `null` if the provider did not send one.' },
        createdAt: { type: 'string', format: 'date-time' },
        lastUsedAt: { description: 'A date and time, or `null`.' },
      }),
    },
    refusals: { 503: ['store_unavailable'] },
  },
  beginLink: {
    summary: 'Begin to add a provider',
    body: objectSchema({ return_to: TEXT }, []),
    status: 200,
    description: 'The address to open in a browser. It ends at the page with `#link_code=…`.',
    answer: objectSchema({ url: { type: 'string', format: 'uri' } }),
    refusals: {
      400: ['invalid_request'],
      401: ['insufficient_user_authentication'],
      404: ['unknown_provider'],
      503: ['store_unavailable'],
    },
  },
  link: {
    summary: 'Add the provider of a `link_code`',
    body: objectSchema({ link_code: TEXT }),
    status: 204,
    description: 'The caller can log in with it.',
    refusals: {
      400: ['invalid_request', 'invalid_login_code'],
      409: ['identity_taken'],
      503: ['store_unavailable'],
    },
  },
  unlink: {
    summary: 'Remove a provider',
    status: 204,
    description: 'The caller can no longer log in with it.',
    refusals: {
      401: ['insufficient_user_authentication'],
      404: ['not_found'],
      409: ['last_way_in'],
      429: ['too_many_attempts'],
      503: ['store_unavailable'],
    },
  },
};
