import { AuthError } from '../core/errors/auth-error.js';
import { type Guarded, isEnforced, isLeftToQuery, letIn, type PolicyList } from './policy-list.js';

const WRITE = 'write it with: npx nest-auth policy';
const HEADS = ['ws', 'pattern', 'event', 'grpc'];

/** A policy in words, for a diff: `roles admin or editor; permissions notes:write`. */
export function policyText(entry: Guarded): string {
  if (isLeftToQuery(entry)) return 'left to its query';
  const { access, strategies, anyRole, allRoles, permissions, requirements, authorizers } = entry.policy;
  const others = letIn(entry);
  const kind = strategies.length > 0 ? `${access} by ${strategies.join(' or ')}` : access;
  const named = (name: string, list: readonly string[], word: string) =>
    list.length > 0 ? [`${name}${list.length > 1 ? 's' : ''} ${list.join(` ${word} `)}`] : [];
  return [
    ...(isEnforced(entry) ? [] : ['not guarded']),
    ...(access === 'public' && others.length > 0 ? [] : [kind]),
    ...named('role', anyRole, 'or'),
    ...named('role', allRoles, 'and'),
    ...named('permission', permissions, 'and'),
    ...requirements,
    ...others,
    ...(authorizers > 0 ? [authorizers === 1 ? 'a check' : `${authorizers} checks`] : []),
  ].join('; ');
}

/**
 * The list as the text of `auth-policy.json`: one line for each handler, in an order that does not depend on the order
 * of modules.
 */
export function policyLock({ entries }: Pick<PolicyList, 'entries'>): string {
  const texts = new Map<string, string>();
  for (const entry of entries) {
    let name = entry.name;
    for (let times = 2; texts.has(name); times++) name = `${entry.name} (${times})`;
    texts.set(name, policyText(entry));
  }
  const lines = [...texts].sort(([a], [b]) => compared(a, b)).map((one) => `  ${one.map(quoted).join(': ')}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * The difference of two lockfiles: lines that begin with `- ` and `+ `.
 * @returns an empty string if they are equal
 * @throws AuthError `invalid_configuration` for an invalid lockfile
 */
export function policyDiff(before: string, after: string): string {
  const [old, now] = [read(before), read(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort(compared)
    .filter((name) => old.get(name) !== now.get(name))
    .flatMap((name) => [line('-', name, old), line('+', name, now)])
    .flat()
    .join('\n');
}

/**
 * Compares a lockfile with an app.
 * @param text the content of the file; `undefined` if there is no file
 * @param file its name, for the message
 * @returns what has changed and what to do; `undefined` if nothing has changed
 * @throws AuthError `invalid_configuration` if there is no lockfile, or an invalid one
 *
 * @example
 * ```ts
 * assert.equal(policyMismatch(readFileSync('auth-policy.json', 'utf8'), listPolicies(app)), undefined);
 * ```
 */
export function policyMismatch(
  text: string | undefined,
  list: Pick<PolicyList, 'entries'>,
  file = 'auth-policy.json',
): string | undefined {
  if (text === undefined) throw invalid(`There is no ${file}`);
  const diff = policyDiff(text, policyLock(list));
  return diff === '' ? undefined : `The policies are not those of ${file}:\n\n${diff}\n\nIf this is meant, ${WRITE}`;
}

function line(sign: string, name: string, texts: ReadonlyMap<string, string>): string[] {
  const text = texts.get(name);
  return text === undefined ? [] : [`${sign} ${name}: ${text}`];
}

function read(text: string): Map<string, string> {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const entries = isObject ? Object.entries(value as Record<string, unknown>) : [];
    if (isObject && entries.every((one): one is [string, string] => typeof one[1] === 'string'))
      return new Map(entries);
  } catch {
    // Invalid JSON: the error below says so.
  }
  throw invalid('auth-policy.json is not valid (a merge conflict?)');
}

function invalid(problem: string): AuthError {
  return new AuthError('invalid_configuration', { message: `${problem}; ${WRITE}` });
}

/** Sorts by path, then method; names without a path come last. Code units give the same order on every machine. */
function compared(a: string, b: string): number {
  const [first, second] = [keyOf(a), keyOf(b)];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

function keyOf(name: string): string {
  const [head = '', ...rest] = name.split(' ');
  const isHttp = /^[A-Z]+$/.test(head);
  const place = isHttp ? 0 : 2 + HEADS.indexOf(head);
  return isHttp ? `${place} ${rest.join(' ')}\0${head}` : `${place} ${name}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
