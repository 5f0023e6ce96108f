import {
  AuthError,
  type CallContext,
  type Decision,
  type ListedPolicy,
  type Policy,
  type PolicyEntry,
  type Refusal,
} from '@acme/nest-auth';
import type { ShownCaller, ShownDecision } from '../wire.js';
import { whyRefused } from './reason.js';

/** Longer texts and longer lists are cut, so that no token can make the ring large. */
const LONGEST_TEXT = 200;
const LONGEST_LIST = 50;

/** What is read of a request of Express or Fastify. Both know the declared route, so the URL itself is not read. */
interface RoutedRequest {
  readonly method?: unknown;
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

/** Makes the page's form of a decision. */
export class DecisionReader {
  #byHandler: ReadonlyMap<string, PolicyEntry> | undefined;

  /** @param entries every handler of the app; asked once, after the boot */
  constructor(private readonly entries: () => readonly PolicyEntry[]) {}

  read({ transport, context, policy, caller, refusal, milliseconds }: Decision): Omit<ShownDecision, 'seq' | 'at'> {
    const entry = context && this.#entryOf(context);
    const handler = context ? `${entry?.className ?? nameOf(context.getClass())}.${nameOf(context.getHandler())}` : '';
    const call = cut((context && routeOf(context)) ?? entry?.name ?? (handler || 'a socket that connects'));
    const known = callerOf(caller);
    const shown = {
      transport,
      call,
      handler: cut(handler),
      caller: known,
      microseconds: Math.round(milliseconds * 1000),
    };
    if (!refusal) return shown;
    // The policy that decided comes first, because several classes may have the same name.
    const decided = policy ? listedOf(policy) : entry?.policy;
    return { ...shown, ...reasonOf(refusal, { call, handler, policy: decided, caller: known }) };
  }

  /** A controller may be a subclass of ours, made by the module. */
  #entryOf(context: CallContext): PolicyEntry | undefined {
    this.#byHandler ??= new Map(this.entries().map((entry) => [`${entry.className}.${entry.method}`, entry]));
    const method = nameOf(context.getHandler());
    for (let type: object | null = context.getClass(); typeof type === 'function'; type = Object.getPrototypeOf(type)) {
      const entry = this.#byHandler.get(`${nameOf(type)}.${method}`);
      if (entry) return entry;
    }
    return undefined;
  }
}

function listedOf(policy: Policy): ListedPolicy {
  const { access, strategies = [], anyRole = [], allRoles = [], permissions = [] } = policy;
  const { requirements = [], authorizers = [] } = policy;
  const names = requirements.map(({ name }) => name);
  return { access, strategies, anyRole, allRoles, permissions, requirements: names, authorizers: authorizers.length };
}

interface About {
  readonly call: string;
  readonly handler: string;
  readonly policy: ListedPolicy | undefined;
  readonly caller: ShownCaller | null;
}

function reasonOf({ code, error }: Refusal, about: About): Pick<ShownDecision, 'code' | 'why'> {
  const message = error instanceof AuthError ? error.message : undefined;
  const hint = error instanceof AuthError && message !== new AuthError(error.code).message ? message : undefined;
  return { code: cut(code), why: cut(whyRefused({ ...about, code: cut(code), message, hint }), 3 * LONGEST_TEXT) };
}

/** The path as it is declared: a real path may contain a secret, such as the token of a link. */
function routeOf(context: CallContext): string | undefined {
  if (context.getType() !== 'http') return undefined;
  const { method, route, routeOptions } = Object(context.getArgs()[0]) as RoutedRequest;
  const path = route?.path ?? routeOptions?.url;
  return typeof method === 'string' && typeof path === 'string' ? `${method} ${path}` : undefined;
}

/** The app's own strategies may return a caller of any shape. */
function callerOf(caller: unknown): ShownCaller | null {
  if (caller === null || caller === undefined) return null;
  const { id, roles, permissions } = Object(caller) as Readonly<Record<string, unknown>>;
  const isNamed = typeof id === 'string' || typeof id === 'number';
  return { id: isNamed ? cut(String(id)) : 'unknown', roles: textsOf(roles), permissions: textsOf(permissions) };
}

function textsOf(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value.slice(0, LONGEST_LIST) : [];
  return list.filter((one): one is string => typeof one === 'string').map((one) => cut(one));
}

function nameOf(named: object): string {
  return String((named as { readonly name?: unknown }).name ?? '');
}

function cut(text: string, length = LONGEST_TEXT): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
