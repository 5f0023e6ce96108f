const MAX_ID_LENGTH = 255;

export function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_LENGTH;
}

export function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** RFC 8693 §4.1. Other members of `act` stay among the claims. */
export function isActor(value: unknown): value is { readonly sub: string } | undefined {
  return value === undefined || (typeof value === 'object' && value !== null && isId((value as { sub?: unknown }).sub));
}

/** Refuses a token for another audience and, if an audience is configured, a token without an audience. */
export function isAudience(aud: unknown, accepted: readonly string[]): boolean {
  if (aud === undefined) return accepted.length === 0;
  const named = typeof aud === 'string' ? [aud] : aud;
  return isStrings(named) && named.some((name) => accepted.includes(name));
}

export function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) deepFreeze(child);
  return Object.freeze(value);
}
