import { AuthError, type CredentialRecord } from '@acme/nest-auth';
import type { Identity } from '../strategies/provider.js';

/** The `kind` of an identity's record. */
export const KIND = 'identity';

const MAX_KEY = 512;

/** An identity as its user sees it. */
export interface LinkedIdentity {
  readonly id: string;
  readonly provider: string;
  readonly email: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

export function linkedIdentity({ id, data, createdAt, lastUsedAt }: CredentialRecord): LinkedIdentity {
  const email = typeof data.email === 'string' ? data.email : null;
  return { id, provider: String(data.provider), email, createdAt, lastUsedAt };
}

/** (issuer, subject), never an address: an address may get another owner. */
export function keyOf({ issuer, subject }: Identity): string {
  const key = `${issuer} ${subject}`;
  if (subject === '' || key.length > MAX_KEY || /\p{C}/u.test(subject)) throw new AuthError('provider_answer_refused');
  return key;
}
