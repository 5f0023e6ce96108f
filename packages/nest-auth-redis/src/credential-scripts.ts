import { CREDENTIAL_FIELDS } from '@acme/nest-auth/adapter';
import { Script } from './script.js';

/** The fields of a credential's hash, in the order of every answer. An empty time is `null`. */
export const [, ...FIELDS] = CREDENTIAL_FIELDS;

// As in session-scripts.ts: numbers and times are decimal strings that Lua never prints, and a script builds the keys
// of other credentials from the prefixes among KEYS. All have one hash tag, so that each script is one atomic step on
// a cluster too.

const READ = `
local function read(key)
  return redis.call('HMGET', key, ${FIELDS.map((field) => `'${field}'`).join(', ')})
end
`;

const REMOVE = `
local function remove(index, rows, names, id)
  local kind, key = unpack(redis.call('HMGET', rows .. id, 'kind', 'key'))
  redis.call('DEL', rows .. id, names .. kind .. ':' .. key)
  redis.call('ZREM', index, id)
end
`;

/**
 * KEYS: the row, the user's index, the name. ARGV: id, createdAt, then the fields and values. Answers how many it
 * created: 1 or 0.
 */
export const CREATE = new Script(`
local row, index, name = unpack(KEYS)
if redis.call('EXISTS', row, name) > 0 then return 0 end
redis.call('HSET', row, unpack(ARGV, 3))
redis.call('ZADD', index, ARGV[2], ARGV[1])
redis.call('SET', name, ARGV[1])
return 1
`);

/** KEYS: the name, the prefix of rows. Answers id and row. */
export const FIND = new Script(`${READ}
local id = redis.call('GET', KEYS[1])
local row = id and read(KEYS[2] .. id)
return row and row[1] and { id, row }
`);

/** KEYS: the user's index, the prefix of rows. ARGV: the kind ('' for all). Answers ids and rows, oldest first. */
export const LIST = new Script(`${READ}
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local row = read(KEYS[2] .. id)
  if row[1] and (ARGV[1] == '' or row[2] == ARGV[1]) then found[#found + 1] = { id, row } end
end
return found
`);

/**
 * KEYS: the row, the prefix of names. ARGV: id, the version, its successor, the new key ('' to keep it), then the
 * fields and values. Answers how many it changed: 1 or 0.
 */
export const UPDATE = new Script(`
local row, names = unpack(KEYS)
local id, version, successor, wanted = unpack(ARGV, 1, 4)
local current, kind, key = unpack(redis.call('HMGET', row, 'version', 'kind', 'key'))
if current ~= version then return 0 end
if wanted ~= '' and wanted ~= key then
  local name = names .. kind .. ':' .. wanted
  if redis.call('EXISTS', name) == 1 then return 0 end
  redis.call('DEL', names .. kind .. ':' .. key)
  redis.call('SET', name, id)
end
redis.call('HSET', row, 'version', successor, unpack(ARGV, 5))
return 1
`);

/** KEYS: the user's index, the prefixes of rows and names. ARGV: user id, id. Answers how many it deleted: 1 or 0. */
export const DELETE = new Script(`${REMOVE}
local index, rows, names = unpack(KEYS)
if redis.call('HGET', rows .. ARGV[2], 'userId') ~= ARGV[1] then return 0 end
remove(index, rows, names, ARGV[2])
return 1
`);

/** KEYS as in DELETE. ARGV: the kind ('' for all). Answers how many it deleted. */
export const DELETE_ALL = new Script(`${REMOVE}
local index, rows, names = unpack(KEYS)
local removed = 0
for _, id in ipairs(redis.call('ZRANGE', index, 0, -1)) do
  if ARGV[1] == '' or redis.call('HGET', rows .. id, 'kind') == ARGV[1] then
    remove(index, rows, names, id)
    removed = removed + 1
  end
end
return removed
`);
