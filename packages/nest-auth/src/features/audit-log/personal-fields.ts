import { createHmac } from 'node:crypto';

/** The fields of a record that can identify a person. */
export const PERSONAL_FIELDS = ['userId', 'sessionId', 'login', 'ip', 'userAgent'] as const;

export type PersonalField = (typeof PERSONAL_FIELDS)[number];

/** Pseudonyms in place of identifying values: equal values get equal pseudonyms. */
export interface Pseudonyms {
  /** At least 32 characters. Another key gives everybody another pseudonym. */
  readonly key: string;
  /** @default ['userId', 'login', 'ip'] */
  readonly fields?: readonly PersonalField[];
}

/** Returns what a record contains in place of a personal value. */
export type Protection = (field: PersonalField, value: string) => string | null;

/** @param pseudonyms for fields that are not in `omit` */
export function protectionOf(omit: readonly PersonalField[], pseudonyms: Required<Pseudonyms> | undefined): Protection {
  return (field, value) => {
    if (omit.includes(field)) return null;
    return pseudonyms?.fields.includes(field) ? pseudonymOf(pseudonyms.key, field, value) : value;
  };
}

/** Keyed, because trying all addresses or logins would reveal the one behind a plain digest. */
function pseudonymOf(key: string, field: PersonalField, value: string): string {
  return `hmac:${createHmac('sha256', key).update(`${field}:${value}`).digest('base64url').slice(0, 22)}`;
}
