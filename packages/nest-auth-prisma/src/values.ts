import type { SessionRecord } from '@acme/nest-auth';
import { methodsOf, methodsText } from '@acme/nest-auth/adapter';
import type { SessionRow } from './schema.js';

export function rowOf(session: SessionRecord): SessionRow {
  return { ...session, methods: methodsText(session.methods) };
}

export function sessionOf(row: SessionRow): SessionRecord {
  return { ...row, methods: methodsOf(row.methods) };
}
