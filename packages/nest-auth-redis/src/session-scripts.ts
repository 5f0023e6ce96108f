import { Script } from './script.js';

/** The fields of a session's hash, in the order of every answer. `null` is a field that is not there. */
export const FIELDS = [
  'userId',
  'secretHash',
  'generation',
  'createdAt',
  'rotatedAt',
  'expiresAt',
  'absoluteExpiresAt',
  'revokedAt',
  'userAgent',
  'ip',
] as const;

// Times and generations arrive as decimal strings and are stored as such: Lua compares them as numbers but never
// prints one, so that no digit is lost. Redis takes the names of the keys of other sessions and users out of an index
// or a row, from the beginnings that are among KEYS.

const READ = `
local function read(key)
  return redis.call('HMGET', key, ${FIELDS.map((field) => `'${field}'`).join(', ')})
end
`;

const FORGET = `
local function forget(ends, sessions, users, before, limit)
  local ended = redis.call('ZRANGEBYSCORE', ends, '-inf', '(' .. before, 'LIMIT', 0, limit)
  for _, entry in ipairs(ended) do
    local id, userId = unpack(cjson.decode(entry))
    redis.call('DEL', sessions .. id)
    redis.call('ZREM', users .. userId, id)
    redis.call('ZREM', ends, entry)
  end
  return #ended
end
`;

/**
 * KEYS: the row, the user's index, ends, the beginning of rows, of indexes.
 * ARGV: id, user id, createdAt, absoluteExpiresAt, the lifetime of the keys in ms, what to forget, is it live,
 * the fields and values.
 */
export const CREATE = new Script(`${FORGET}
local function keepFor(key, lifetime)
  if redis.call('PTTL', key) < tonumber(lifetime) then redis.call('PEXPIRE', key, lifetime) end
end
-- Each makes room for itself, so that nothing grows where nobody calls deleteExpired.
forget(KEYS[3], KEYS[4], KEYS[5], ARGV[6], 10)
redis.call('HSET', KEYS[1], unpack(ARGV, 8))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[3], ARGV[4], cjson.encode({ ARGV[1], ARGV[2] }))
keepFor(KEYS[3], ARGV[5])
if ARGV[7] == '1' then
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
  keepFor(KEYS[2], ARGV[5])
end
return 1
`);

/** KEYS: the row. ARGV: the generation, its successor, now, expiresAt. Answers won (1 or 0) and the row. */
export const ADVANCE = new Script(`${READ}
local userId, _, generation, _, _, expiresAt, absoluteExpiresAt, revokedAt = unpack(read(KEYS[1]))
if not userId then return false end
local now = tonumber(ARGV[3])
local lives = not revokedAt and now < tonumber(expiresAt) and now < tonumber(absoluteExpiresAt)
if not lives or generation ~= ARGV[1] then return { 0, read(KEYS[1]) } end
redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'rotatedAt', ARGV[3], 'expiresAt', ARGV[4])
return { 1, read(KEYS[1]) }
`);

/** KEYS: the user's index, the beginning of rows. Answers ids and rows, newest first. */
export const LIST = new Script(`${READ}
local live = {}
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
  local row = read(KEYS[2] .. id)
  if row[1] and not row[8] then live[#live + 1] = { id, row } end
end
return live
`);

/**
 * KEYS: revoked, the beginning of indexes, then the scripts' own. ARGV: now, the channel, the time before which a
 * revocation no longer matters, how long one matters in ms, then the scripts' own.
 */
const END = `
local function finish(key, id)
  local userId, revokedAt = unpack(redis.call('HMGET', key, 'userId', 'revokedAt'))
  if not userId or revokedAt then return false end
  redis.call('HSET', key, 'revokedAt', ARGV[1])
  redis.call('ZREM', KEYS[2] .. userId, id)
  local told = cjson.encode({ id, userId, ARGV[1] })
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
  redis.call('ZADD', KEYS[1], ARGV[1], told)
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('PUBLISH', ARGV[2], told)
  return true
end
`;

/** KEYS[3]: the row. ARGV[5]: its id. */
export const REVOKE = new Script(`${END}
return finish(KEYS[3], ARGV[5]) and 1 or 0
`);

/** KEYS[3], [4]: the user's index, the beginning of rows. ARGV[5]: the id to spare. Answers the ids. */
export const REVOKE_ALL = new Script(`${END}
local ended = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  if id ~= ARGV[5] and finish(KEYS[4] .. id, id) then ended[#ended + 1] = id end
end
return ended
`);

/** KEYS: ends, the beginning of rows, of indexes. ARGV: before, how many at most. Answers how many. */
export const DELETE_EXPIRED = new Script(`${FORGET}
return forget(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2])
`);
