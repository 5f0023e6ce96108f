/**
 * The name, code and place of an error, without its message: drivers quote queries, parameters and hashes in messages
 * and properties.
 */
interface Parts {
  /** @default 'Trace' */
  readonly name?: string;
  /** Written by the library, without any value. */
  readonly message?: string;
  /** The class of the object that failed. */
  readonly owner?: string | undefined;
  readonly code?: string | undefined;
  /** Lines of a stack, without the message at its start. */
  readonly frames?: readonly string[];
  readonly cause?: Trace | undefined;
}

const traces = new WeakSet<object>();

/** The only form in which errors of stores and drivers leave the library: name, code and stack. */
export class Trace extends Error {
  declare readonly cause: Trace | undefined;
  readonly code: string | undefined;
  readonly owner: string | undefined;

  constructor({ name = 'Trace', message = '', owner, code, frames = [], cause }: Parts) {
    super(message, cause && { cause });
    traces.add(this);
    this.name = name;
    this.owner = owner;
    this.code = code;
    const heading = [name, code].filter(Boolean).join(' ');
    this.stack = [message ? `${heading}: ${message}` : heading, ...frames].join('\n');
  }

  /** Copies an error and its chain of causes. */
  static of(error: unknown): Trace {
    if (isTrace(error)) return error;
    const chain = chainOf(error).reverse();
    return chain.reduce<Trace | undefined>(
      (cause, link) => new Trace({ name: nameOf(link), code: codeOf(link), frames: framesOf(link), cause }),
      undefined,
    ) as Trace;
  }

  /** Names and codes of the whole chain, in one line. */
  get summary(): string {
    const own = [this.name, this.code].filter(Boolean).join(' ');
    return this.cause ? `${own}, caused by ${this.cause.summary}` : own;
  }

  /** The first line of the stack that is the app's own code, without the word "at"; otherwise the first line of all. */
  get where(): string | undefined {
    const frames = (this.stack ?? '').split('\n').filter(isFrame);
    const outside = frames.filter((line) => !/node:|<anonymous>\)?$/.test(line));
    const own = outside.find((line) => !/[\\/]node_modules[\\/]/.test(line)) ?? outside[0];
    return own?.trim().replace(/^at (async )?/, '') ?? this.cause?.where;
  }
}

/** Where errors keep their causes: the standard, AggregateError, TypeORM, Sequelize, Prisma. */
const LINKS = ['cause', 'errors', 'driverError', 'originalError', 'original', 'parent', 'meta', 'driverAdapterError'];
const CODES = ['code', 'originalCode', 'sqlState', 'number'];
const LONGEST_CHAIN = 8;

const NAME = /^[A-Za-z][\w.]{0,63}$/;
/**
 * `42P01`, `ER_DUP_ENTRY`, `P2002`, `ECONNREFUSED`: too short, and from too small an alphabet, to be a value of a
 * query.
 */
const CODE = /^[A-Za-z0-9][\w./-]{0,31}$/;
const FRAME = /^ {4}at (\P{C}+ \((\P{C}+:\d+:\d+|native|index \d+|<anonymous>)\)|\P{C}+:\d+:\d+)$/u;
const LONGEST_FRAME = 500;

const MISTAKES = ['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError', 'AssertionError'];

/**
 * Whether an error is a programming mistake and not an outage. `TypeError: fetch failed` is an outage, as its cause
 * says; so is any error with a code that is not Node's own.
 */
export function isMistake(error: unknown): boolean {
  return chainOf(error).every((link) => {
    const code = codeOf(link);
    return MISTAKES.includes(nameOf(link)) && (code === undefined || code.startsWith('ERR_'));
  });
}

/** The name and code of an error itself, without its causes. */
export function kindOf(error: unknown): { readonly name: string; readonly code: string | undefined } {
  return { name: nameOf(error), code: codeOf(error) };
}

const details = new WeakMap<Trace, string>();

/**
 * Keeps the message and the stack of a mistake for the log, outside production. Inspecting the trace does not show
 * them.
 */
export function rememberDetail(trace: Trace, error: unknown): void {
  if (process.env.NODE_ENV === 'production') return;
  // A control character could forge a line of the log.
  const message = `${nameOf(error)}: ${String(read(error, 'message') ?? '')}`.replace(/\p{C}/gu, '\uFFFD');
  details.set(trace, [message, ...framesOf(error)].join('\n'));
}

/** @returns the message and the stack of a mistake; `undefined` in production */
export function detailOf(trace: unknown): string | undefined {
  return details.get(trace as Trace);
}

/**
 * The error and its causes, nearest first. An object without a name and a code, such as Prisma's `meta`, is left out,
 * but its causes are not.
 */
function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  const seen = new Set<unknown>();
  const waiting = [error];
  while (waiting.length > 0 && seen.size < 64 && chain.length < LONGEST_CHAIN) {
    const link = waiting.shift();
    if (seen.has(link)) continue;
    seen.add(link);
    if (seen.size === 1 || isError(link) || codeOf(link) !== undefined) chain.push(link);
    waiting.push(...linksOf(link));
  }
  return chain;
}

function linksOf(error: unknown): object[] {
  // The numbers are the first members of a list, such as the errors of an AggregateError.
  const keys = [...LINKS, ...Array.from({ length: LONGEST_CHAIN }, (_, index) => String(index))];
  return keys.map((key) => read(error, key)).filter(isObject);
}

function nameOf(error: unknown): string {
  if (!isObject(error)) return error === null ? 'null' : typeof error;
  const name = read(error, 'name');
  if (typeof name === 'string' && NAME.test(name) && !/^error$/i.test(name)) return name;
  // `pg` names its DatabaseError 'error', and Kysely its NoResultError 'Error'.
  const ofClass = read(read(error, 'constructor'), 'name');
  if (typeof ofClass === 'string' && NAME.test(ofClass) && /(Error|Exception)$/.test(ofClass)) return ofClass;
  return isError(error) ? 'Error' : 'object';
}

function codeOf(error: unknown): string | undefined {
  if (!isObject(error)) return undefined;
  for (const name of CODES) {
    const code = read(error, name);
    if (typeof code === 'number' || (typeof code === 'string' && CODE.test(code))) return String(code);
  }
  return undefined;
}

/** The lines at the end of the stack, after a message of any number of lines. */
function framesOf(error: unknown): string[] {
  const stack = read(error, 'stack');
  if (typeof stack !== 'string') return [];
  const message = read(error, 'message');
  const said = typeof message === 'string' && message !== '' ? stack.indexOf(message) : -1;
  const lines = stack.slice(said < 0 ? 0 : said + String(message).length).split('\n');
  let first = lines.length;
  while (first > 0 && isFrame(lines[first - 1] as string)) first--;
  return lines.slice(first);
}

function isFrame(line: string): boolean {
  return line.length <= LONGEST_FRAME && FRAME.test(line);
}

function isTrace(value: unknown): value is Trace {
  // Not by `instanceof`, which throws for a revoked proxy.
  return isObject(value) && traces.has(value);
}

function isError(value: unknown): boolean {
  return isObject(value) && typeof read(value, 'stack') === 'string';
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Returns `undefined` for a getter that throws and for a revoked proxy. */
function read(value: unknown, key: string): unknown {
  try {
    return isObject(value) ? Reflect.get(value, key) : undefined;
  } catch {
    return undefined;
  }
}
