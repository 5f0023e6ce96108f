import { SESSION_FIELDS } from '@acme/nest-auth/adapter';
import { Script } from './script.js';

/** The fields of a session's hash, all but its id, in the order of every answer. A missing field is `null`. */
export const [, ...FIELDS] = SESSION_FIELDS;

// Times and generations arrive as decimal strings and are stored as such: Lua compares them as numbers but never
// prints one, so that no digit is lost. A script builds the keys of other sessions and users from the prefixes among
// KEYS and the ids in an index or a row.

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
 * KEYS: revoked, the prefix of indexes, then the scripts' own. ARGV: now, the channel, the time before which a
 * revocation no longer matters, how long one matters in ms, then the scripts' own.
 */
const END = `
local function tell(id, userId, revokedAt)
  local told = cjson.encode({ id, userId, revokedAt })
  redis.call('ZADD', KEYS[1], revokedAt, told)
  redis.call('PUBLISH', ARGV[2], told)
end
local function keepRevoked()
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
local function finish(key, id)
  local userId, revokedAt = unpack(redis.call('HMGET', key, 'userId', 'revokedAt'))
  if not userId or revokedAt then return false end
  redis.call('HSET', key, 'revokedAt', ARGV[1])
  redis.call('ZREM', KEYS[2] .. userId, id)
  tell(id, userId, ARGV[1])
  return true
end
`;

/**
 * KEYS[3] to [6]: the row, the user's index, ends, the prefix of rows. ARGV[5] to [11]: id, user id, createdAt,
 * absoluteExpiresAt, the lifetime of the keys in ms, what to forget, revokedAt ('' while it lives), then the fields
 * and values.
 */
export const CREATE = new Script(`${END}${FORGET}
local _, _, row, index, ends, rows = unpack(KEYS)
local _, _, _, _, id, userId, createdAt, last, lifetime, old, revokedAt = unpack(ARGV)
local function keepFor(key)
  if redis.call('PTTL', key) < tonumber(lifetime) then redis.call('PEXPIRE', key, lifetime) end
end
-- Each makes room for itself, so that nothing grows where nobody calls deleteExpired.
forget(ends, rows, KEYS[2], old, 10)
redis.call('HSET', row, unpack(ARGV, 12))
redis.call('PEXPIRE', row, lifetime)
redis.call('ZADD', ends, last, cjson.encode({ id, userId }))
keepFor(ends)
if revokedAt == '' then
  redis.call('ZADD', index, createdAt, id)
  keepFor(index)
else
  tell(id, userId, revokedAt)
  keepRevoked()
end
return 1
`);

/**
 * KEYS: the row. ARGV: the generation, its successor, now, expiresAt, the digest of the secret. Answers won (1 or 0)
 * and the row.
 */
export const ADVANCE = new Script(`${READ}
local userId, secretHash, generation, _, _, expiresAt, absoluteExpiresAt, revokedAt = unpack(read(KEYS[1]))
if not userId then return false end
local now = tonumber(ARGV[3])
local lives = not revokedAt and now < tonumber(expiresAt) and now < tonumber(absoluteExpiresAt)
if not lives or generation ~= ARGV[1] or secretHash ~= ARGV[5] then return { 0, read(KEYS[1]) } end
redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'rotatedAt', ARGV[3], 'expiresAt', ARGV[4])
return { 1, read(KEYS[1]) }
`);

/** KEYS: the row. ARGV: now, authenticatedAt, the methods. Answers whether it wrote (1 or 0). */
export const REAUTHENTICATE = new Script(`
local expiresAt, absoluteExpiresAt, revokedAt, authenticatedAt =
  unpack(redis.call('HMGET', KEYS[1], 'expiresAt', 'absoluteExpiresAt', 'revokedAt', 'authenticatedAt'))
local now = tonumber(ARGV[1])
local lives = expiresAt and not revokedAt and now < tonumber(expiresAt) and now < tonumber(absoluteExpiresAt)
if not lives or tonumber(authenticatedAt) > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'authenticatedAt', ARGV[2], 'methods', ARGV[3])
return 1
`);

/**
 * A part of a listing: it looks at a thousand sessions at most, because a script blocks Redis.
 *
 * KEYS: the user's index, the prefix of rows. ARGV: now, limit, offset, createdAt and id of the session to continue
 * after ('+inf' and '' to begin). Answers the session to continue after ('' and '' at the end), the rest of the offset,
 * and ids and rows, newest first.
 */
export const LIST = new Script(`${READ}
local index, rows = unpack(KEYS)
local now, limit, skip = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local newest, after = ARGV[4], ARGV[5]
local live, from, seen, lastScore, lastId = {}, 0, 0, '', ''
local function lives(key)
  local expiresAt, absoluteExpiresAt, revokedAt =
    unpack(redis.call('HMGET', key, 'expiresAt', 'absoluteExpiresAt', 'revokedAt'))
  return expiresAt and not revokedAt and now < tonumber(expiresAt) and now < tonumber(absoluteExpiresAt)
end
while #live < limit do
  local entries = redis.call('ZREVRANGEBYSCORE', index, newest, '-inf', 'WITHSCORES', 'LIMIT', from, 100)
  for i = 1, #entries, 2 do
    local id, score = entries[i], entries[i + 1]
    local isDone = after ~= '' and id >= after and tonumber(score) == tonumber(newest)
    if not isDone then
      seen, lastScore, lastId = seen + 1, score, id
      if lives(rows .. id) then
        if skip > 0 then skip = skip - 1
        elseif #live < limit then live[#live + 1] = { id, read(rows .. id) } end
      end
    end
  end
  if #entries < 200 then break end
  if seen >= 1000 and #live < limit then return { lastScore, lastId, skip, live } end
  from = from + 100
end
return { '', '', skip, live }
`);

/** KEYS[3]: the row. ARGV[5]: its id. */
export const REVOKE = new Script(`${END}
if not finish(KEYS[3], ARGV[5]) then return 0 end
keepRevoked()
return 1
`);

/**
 * KEYS[3], [4]: the user's index, the prefix of rows. ARGV[5] to [8]: the id to spare, limit, createdAt and id of
 * the newest session to end ('+inf' and '' for any). Answers the ids.
 */
export const REVOKE_ALL = new Script(`${END}
local index, rows = KEYS[3], KEYS[4]
local spared, limit, newest, upTo = ARGV[5], tonumber(ARGV[6]), ARGV[7], ARGV[8]
local ended = {}
local from = 0
while #ended < limit do
  local entries = redis.call('ZREVRANGEBYSCORE', index, newest, '-inf', 'WITHSCORES', 'LIMIT', from, limit + 1)
  for i = 1, #entries, 2 do
    local id = entries[i]
    local isNewer = upTo ~= '' and id > upTo and tonumber(entries[i + 1]) == tonumber(newest)
    if #ended == limit or id == spared or isNewer then
      from = from + 1
    elseif finish(rows .. id, id) then
      ended[#ended + 1] = id
    else
      redis.call('ZREM', index, id)
    end
  end
  if #entries < 2 * (limit + 1) then break end
end
if #ended > 0 then keepRevoked() end
return ended
`);

/**
 * KEYS: revoked. ARGV: since, limit, the id to continue after ('' to begin). Entries of one instant are in the order of
 * their ids, because each entry begins with its id.
 */
export const REVOKED_SINCE = new Script(`
local since, after = ARGV[1], ARGV[3]
local first = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. since)
if after ~= '' then
  local last = first + redis.call('ZCOUNT', KEYS[1], since, since)
  while first < last do
    local middle = math.floor((first + last) / 2)
    local entry = redis.call('ZRANGE', KEYS[1], middle, middle)[1]
    if cjson.decode(entry)[1] <= after then first = middle + 1 else last = middle end
  end
end
return redis.call('ZRANGE', KEYS[1], first, first + tonumber(ARGV[2]) - 1)
`);

/** KEYS: ends, the prefixes of rows and of indexes. ARGV: before, how many at most. Answers how many it deleted. */
export const DELETE_EXPIRED = new Script(`${FORGET}
return forget(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2])
`);
