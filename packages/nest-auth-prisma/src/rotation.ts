import { AuthError, type Rotation } from '@acme/nest-auth';
import { SESSION_FIELDS, type SessionRow, sql } from '@acme/nest-auth/adapter';
import type { RawClient, SessionDelegate } from './schema.js';

/** Advances a live session by one generation, in one statement. Returns the row if it wrote one. */
export type Rotate = (rotation: Rotation) => Promise<SessionRow | undefined>;

export interface RawSessions {
  /** The Prisma client. Only `$queryRawUnsafe` is used, with a constant statement and bound values. */
  readonly client: RawClient;
  /** The table; write `schema.table` if the connection's `search_path` does not find it. @default 'auth_sessions' */
  readonly table?: string;
}

/** Rotates through the model, so its table and columns may have any names. */
export function modelRotation(sessions: SessionDelegate): Rotate {
  return async ({ id, secretHash, fromGeneration, now, expiresAt }) => {
    const [advanced] = await sessions.updateManyAndReturn({
      where: {
        id,
        secretHash,
        generation: fromGeneration,
        revokedAt: null,
        expiresAt: { gt: now },
        absoluteExpiresAt: { gt: now },
      },
      data: { generation: fromGeneration + 1, rotatedAt: now, expiresAt },
    });
    return advanced;
  };
}

/**
 * Rotates in plain SQL: Prisma builds a model's query again each time, which takes longer than PostgreSQL's part.
 *
 * @throws AuthError `invalid_configuration` if the client has no `$queryRawUnsafe`
 */
export function rawRotation({ client, table = 'auth_sessions' }: RawSessions): Rotate {
  if (typeof client?.$queryRawUnsafe !== 'function') {
    const message = 'prismaStores: rawSessions.client has no $queryRawUnsafe; pass the Prisma client itself.';
    throw new AuthError('invalid_configuration', { message });
  }
  const name = table.split('.').map(quoted).join('.');
  const statement = `UPDATE ${name} SET generation = generation + 1, rotated_at = $1::timestamp, expires_at = $2::timestamp
    WHERE id = $3::uuid AND generation = $4 AND secret_hash = $5 AND revoked_at IS NULL
      AND expires_at > $1::timestamp AND absolute_expires_at > $1::timestamp
    RETURNING ${RETURNED}`;
  return async ({ id, secretHash, fromGeneration, now, expiresAt }) => {
    // As UTC text, which a `timestamp` column takes unchanged; Prisma would convert a Date twice.
    const times = [now.toISOString(), expiresAt.toISOString()];
    const values = [...times, id, fromGeneration, secretHash];
    const [advanced] = await client.$queryRawUnsafe<SessionRow[]>(statement, ...values);
    return advanced;
  };
}

const RETURNED = sql.columns(SESSION_FIELDS).text;

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
