import { randomUUID } from 'node:crypto';
import type { AuthEvent, AuthEventType } from '@acme/nest-auth';
import type { PersonalField, Protection } from './personal-fields.js';
import { isSecretName, safeText } from './safe-text.js';

export type AuditValue = string | number | boolean | null;

/** One event, as a sink gets it. No text in it has control characters or more than 256 characters. */
export interface AuditRecord {
  /** A UUID of version 7: sorted by time. A record that is written again keeps it. */
  readonly id: string;
  /** When it happened, by the module's clock, as ISO 8601 in UTC. */
  readonly at: string;
  /** The app process: a new UUID each time an app starts. */
  readonly source: string;
  /** 1, 2, 3 … of one source. If a number is missing, a record was lost or removed. */
  readonly sequence: number;
  readonly event: AuthEventType | 'audit_gap';
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly login: string | null;
  /** The address of the device that made the request. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** The other fields of the event. */
  readonly details: Readonly<Record<string, AuditValue>>;
}

/** Events that were dropped because the queue was full. */
export interface AuditGap {
  readonly dropped: number;
  readonly from: Date;
  readonly until: Date;
  /** How many of each type. */
  readonly types: ReadonlyMap<string, number>;
}

/** A limit, because a feature may emit an event with any number of fields. */
const MOST_DETAILS = 16;

/** Makes the records of one source, and numbers them. */
export class AuditRecords {
  readonly #source = randomUUID();
  #sequence = 0;

  constructor(private readonly protect: Protection) {}

  /** An allow-list by type: texts, numbers, booleans and times. Objects are left out, errors too. */
  of(event: AuthEvent): AuditRecord {
    const { type, at, device, userId, sessionId, login, ...others } = event as unknown as Fields;
    const personal = {
      userId: this.#personal('userId', userId),
      sessionId: this.#personal('sessionId', sessionId),
      login: this.#personal('login', login),
      ip: this.#personal('ip', device?.ip),
      userAgent: this.#personal('userAgent', device?.userAgent),
    };
    return this.#numbered(at, safeText(type, 64) as AuthEventType, personal, detailsOf(others));
  }

  /** The record that takes the place of dropped events. */
  gap({ dropped, from, until, types }: AuditGap): AuditRecord {
    const nobody = { userId: null, sessionId: null, login: null, ip: null, userAgent: null };
    const times = { from: from.toISOString(), until: until.toISOString() };
    return this.#numbered(from, 'audit_gap', nobody, { ...Object.fromEntries(types), dropped, ...times });
  }

  #personal(field: PersonalField, value: unknown): string | null {
    return typeof value === 'string' ? this.protect(field, safeText(value)) : null;
  }

  #numbered(
    at: Date,
    event: AuditRecord['event'],
    personal: Pick<AuditRecord, PersonalField>,
    details: AuditRecord['details'],
  ): AuditRecord {
    const time = at.toISOString();
    const sequence = ++this.#sequence;
    return { id: idOf(at.getTime(), sequence), at: time, source: this.#source, sequence, event, ...personal, details };
  }
}

/** An event of any feature. */
interface Fields extends Readonly<Record<string, unknown>> {
  readonly type: string;
  readonly at: Date;
  readonly device?: { readonly ip?: unknown; readonly userAgent?: unknown };
}

function detailsOf(fields: Readonly<Record<string, unknown>>): AuditRecord['details'] {
  const details: Record<string, AuditValue> = {};
  for (const [name, value] of Object.entries(fields).slice(0, MOST_DETAILS)) {
    const kept = /^\w{1,64}$/.test(name) && !isSecretName(name) ? detailOf(value) : undefined;
    if (kept !== undefined) Object.defineProperty(details, name, { value: kept, enumerable: true });
  }
  return details;
}

function detailOf(value: unknown): AuditValue | undefined {
  if (typeof value === 'string') return safeText(value);
  if (typeof value === 'boolean' || value === null || Number.isFinite(value)) return value as AuditValue;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  return undefined;
}

/** RFC 9562, version 7. The sequence keeps records of the same millisecond in order. */
function idOf(time: number, sequence: number): string {
  const hex = Math.max(0, time).toString(16).padStart(12, '0');
  const counter = (sequence % 4096).toString(16).padStart(3, '0');
  // The rest of a random UUID, its variant included.
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${counter}-${randomUUID().slice(19)}`;
}
