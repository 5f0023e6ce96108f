import { createHmac } from 'node:crypto';

/** The fields of a record that can tell who somebody is. */
export const PERSONAL_FIELDS = ['userId', 'sessionId', 'login', 'ip', 'userAgent'] as const;

export type PersonalField = (typeof PERSONAL_FIELDS)[number];

/** Pseudonyms in place of what tells who somebody is: equal values stay equal, and nobody can read them. */
export interface Pseudonyms {
  /** At least 32 characters. With another key, everybody has another pseudonym. */
  readonly key: string;
  /** @default ['userId', 'login', 'ip'] */
  readonly fields?: readonly PersonalField[];
}

/** What a record says in place of a personal value. */
export type Protection = (field: PersonalField, value: string) => string | null;

/** @param pseudonyms what is not in `omit` and has a key */
export function protectionOf(omit: readonly PersonalField[], pseudonyms: Required<Pseudonyms> | undefined): Protection {
  return (field, value) => {
    if (omit.includes(field)) return null;
    return pseudonyms?.fields.includes(field) ? pseudonymOf(pseudonyms.key, field, value) : value;
  };
}

/** Keyed: addresses and logins are too few for a plain digest to hide them. */
function pseudonymOf(key: string, field: PersonalField, value: string): string {
  return `hmac:${createHmac('sha256', key).update(`${field}:${value}`).digest('base64url').slice(0, 22)}`;
}
