import type { AuthErrorCode } from '@acme/nest-auth';
import type { AuthSchemas, Json } from './schemas.js';

/** Codes by status. */
export type Refusals = Readonly<Record<number, readonly AuthErrorCode[]>>;

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is refused.',
  401: 'The caller is not authenticated.',
  403: 'The caller may not do this.',
  404: 'It does not exist.',
  409: 'It conflicts with something that exists already.',
  429: 'Too many attempts.',
  503: 'A service of the app did not answer, or there were too many requests at once.',
};

/** The responses of a route's refusals, by status. */
export function refusalResponses(refusals: Refusals, schemas: AuthSchemas): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(refusals).map(([status, codes]) => [
      status,
      {
        description: DESCRIPTIONS[Number(status)],
        ...headersOf(Number(status), codes),
        content: {
          'application/json': {
            schema: {
              allOf: [schemas.ref('AuthRefusal'), { type: 'object', properties: { code: { enum: codes } } }],
            },
          },
        },
      },
    ]),
  );
}

function headersOf(status: number, codes: readonly AuthErrorCode[]): Json {
  if (status === 401 || codes.includes('insufficient_scope')) {
    return { headers: { 'WWW-Authenticate': header('string', 'The challenge (RFC 6750, section 3; RFC 9470).') } };
  }
  if (status === 429 || status === 503) {
    return { headers: { 'Retry-After': header('integer', 'In seconds.') } };
  }
  return {};
}

const header = (type: string, description: string): Json => ({ description, schema: { type } });

/** The codes of all, by status. */
export function merged(...all: readonly Refusals[]): Refusals {
  const statuses = [...new Set(all.flatMap((refusals) => Object.keys(refusals)))].map(Number);
  return Object.fromEntries(
    statuses.map((status) => [status, [...new Set(all.flatMap((refusals) => refusals[status] ?? []))]]),
  );
}
