import {
  type Advance,
  assertReauthentication,
  type Reauthentication,
  type RevokeAllOptions,
  type RevokedPage,
  type RevokedSession,
  type Rotation,
  type SessionPage,
  type SessionRecord,
  type SessionStore,
} from '@acme/nest-auth';
import { assertSession, countOf, methodsOf, methodsText } from '@acme/nest-auth/adapter';
import type { RedisConnection } from './clients/redis-connection.js';
import type { Keys } from './keys.js';
import { watchChannel } from './revocation-watch.js';
import {
  ADVANCE,
  CREATE,
  DELETE_EXPIRED,
  FIELDS,
  LIST,
  REAUTHENTICATE,
  REVOKE,
  REVOKE_ALL,
  REVOKED_SINCE,
} from './session-scripts.js';

/**
 * The longest life of an access token plus clock differences, in milliseconds. A revocation matters for this time. A
 * row stays this much longer than its session: a late client gets the reason, and clock differences end nothing early.
 */
const AFTERLIFE = 25 * 60 * 60 * 1000;

/** Rows that one script removes: a script blocks Redis. */
const BATCH = 1000;

/** A row as Redis answers it: the values of `FIELDS`. */
type Row = readonly (string | null)[];

/** Sessions in Redis. Made by `redisStores`. */
export class RedisSessionStore implements SessionStore {
  /** Missing on a cluster: the library asks `revokedSince` there. */
  readonly watchRevocations: SessionStore['watchRevocations'];

  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {
    const listen = redis.listen?.bind(redis);
    this.watchRevocations =
      listen && ((onRevoked, onLost) => watchChannel(listen, keys.channel, teller(onRevoked, onLost), onLost));
  }

  async create(session: SessionRecord): Promise<void> {
    assertSession(session);
    const { keys } = this;
    const { id, userId, createdAt, absoluteExpiresAt, revokedAt } = session;
    const row = { ...session, methods: methodsText(session.methods), remember: Number(session.remember) };
    const values = FIELDS.flatMap((field) => {
      const value = row[field];
      if (value === null || value === undefined) return [];
      return [field, value instanceof Date ? millis(value) : String(value)];
    });
    const lifetime = Math.max(absoluteExpiresAt.getTime() - Date.now(), 0) + AFTERLIFE;
    await CREATE.run(
      this.redis,
      [keys.revoked, keys.user(), keys.session(id), keys.user(userId), keys.ends, keys.session()],
      [
        ...[...this.#revocation(), id, userId, millis(createdAt), millis(absoluteExpiresAt), String(lifetime)],
        ...[String(createdAt.getTime() - AFTERLIFE), revokedAt ? millis(revokedAt) : '', ...values],
      ],
    );
  }

  async find(id: string): Promise<SessionRecord | null> {
    if (typeof id !== 'string') return null;
    const row = (await this.redis.command('hmget', this.keys.session(id), ...FIELDS)) as Row;
    return row[0] === null ? null : record(id, row);
  }

  async advance({ id, secretHash, fromGeneration, now, expiresAt }: Rotation): Promise<Advance | null> {
    if (typeof id !== 'string') return null;
    if (typeof secretHash !== 'string') throw new TypeError('The digest of the secret is not a string.');
    const answer = (await ADVANCE.run(
      this.redis,
      [this.keys.session(id)],
      [String(countOf(fromGeneration)), String(fromGeneration + 1), millis(now), millis(expiresAt), secretHash],
    )) as [number, Row] | null;
    return answer && { won: Number(answer[0]) === 1, session: record(id, answer[1]) };
  }

  async reauthenticate(id: string, reauthentication: Reauthentication): Promise<boolean> {
    const { at, methods, now } = assertReauthentication(reauthentication);
    if (typeof id !== 'string') return false;
    const args = [millis(now), millis(at), methodsText(methods)];
    return Number(await REAUTHENTICATE.run(this.redis, [this.keys.session(id)], args)) === 1;
  }

  async revoke(id: string): Promise<boolean> {
    if (typeof id !== 'string') return false;
    const { keys } = this;
    const keyNames = [keys.revoked, keys.user(), keys.session(id)];
    return Number(await REVOKE.run(this.redis, keyNames, [...this.#revocation(), id])) === 1;
  }

  async revokeAll(userId: string, { exceptId = '', upTo, limit }: RevokeAllOptions): Promise<readonly string[]> {
    if (typeof userId !== 'string' || typeof exceptId !== 'string') return [];
    const { keys } = this;
    const keyNames = [keys.revoked, keys.user(), keys.user(userId), keys.session()];
    const newest = upTo ? [millis(upTo.createdAt), upTo.id] : ['+inf', ''];
    const args = [...this.#revocation(), exceptId, String(countOf(limit)), ...newest];
    const ended = (await REVOKE_ALL.run(this.redis, keyNames, args)) as unknown[];
    return ended.map(String);
  }

  /** One round trip for each thousand sessions that it reads, ended ones included. */
  async listActive(userId: string, { now, limit, offset = 0 }: SessionPage): Promise<readonly SessionRecord[]> {
    if (typeof userId !== 'string') return [];
    const keyNames = [this.keys.user(userId), this.keys.session()];
    const live: SessionRecord[] = [];
    let [newest, after, skip] = ['+inf', '', String(countOf(offset))];
    do {
      const args = [millis(now), String(countOf(limit) - live.length), skip, newest, after];
      const answer = (await LIST.run(this.redis, keyNames, args)) as [unknown, unknown, unknown, [unknown, Row][]];
      for (const [id, row] of answer[3]) live.push(record(String(id), row));
      [newest, after, skip] = [String(answer[0]), String(answer[1]), String(answer[2])];
    } while (after !== '');
    return live;
  }

  /** One round trip for each thousand sessions. Redis itself also removes them, a day after their absolute end. */
  async deleteExpired(before: Date): Promise<number> {
    const keyNames = [this.keys.ends, this.keys.session(), this.keys.user()];
    let removed = 0;
    let batch: number;
    do {
      batch = Number(await DELETE_EXPIRED.run(this.redis, keyNames, [millis(before), String(BATCH)]));
      removed += batch;
    } while (batch === BATCH);
    return removed;
  }

  /** Revocations older than a day are not returned, because no access token is that old. */
  async revokedSince(since: Date, { limit, afterId = '' }: RevokedPage): Promise<readonly RevokedSession[]> {
    const args = [millis(since), String(countOf(limit)), afterId];
    const told = (await REVOKED_SINCE.run(this.redis, [this.keys.revoked], args)) as unknown[];
    return told.map((text) => read(String(text)));
  }

  #revocation(): string[] {
    const now = Date.now();
    return [String(now), this.keys.channel, String(now - AFTERLIFE), String(AFTERLIFE)];
  }
}

function record(id: string, row: Row): SessionRecord {
  const values = row.map((value) => (value === null ? null : String(value)));
  const [userId, secretHash, generation, createdAt, rotatedAt, expiresAt, absoluteExpiresAt, revokedAt] = values;
  const [userAgent = null, ip = null, methods, authenticatedAt, remember, actorId = null] = values.slice(8);
  return {
    id,
    userId: String(userId),
    secretHash: String(secretHash),
    generation: Number(generation),
    createdAt: new Date(Number(createdAt)),
    rotatedAt: new Date(Number(rotatedAt)),
    expiresAt: new Date(Number(expiresAt)),
    absoluteExpiresAt: new Date(Number(absoluteExpiresAt)),
    revokedAt: revokedAt ? new Date(Number(revokedAt)) : null,
    userAgent,
    ip,
    methods: methodsOf(methods),
    authenticatedAt: new Date(Number(authenticatedAt)),
    remember: remember === '1',
    actorId,
  };
}

function teller(onRevoked: (revoked: RevokedSession) => void, onLost: () => void): (text: string) => void {
  return (text) => {
    let revoked: RevokedSession;
    try {
      revoked = read(text);
    } catch {
      // Not a message of ours. It may be about a revocation, so the library asks the store.
      onLost();
      return;
    }
    onRevoked(revoked);
  };
}

function read(text: string): RevokedSession {
  const [sessionId, userId, revokedAt] = JSON.parse(text) as string[];
  return { sessionId: String(sessionId), userId: String(userId), revokedAt: new Date(Number(revokedAt)) };
}

function millis(time: Date): string {
  const value = time instanceof Date ? time.getTime() : Number.NaN;
  if (Number.isNaN(value)) throw new RangeError('An invalid date cannot be stored.');
  return String(value);
}
