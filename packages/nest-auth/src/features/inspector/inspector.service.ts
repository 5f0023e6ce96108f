import {
  AuthStatus,
  type Decision,
  listPolicies,
  type PolicyEntry,
  type PolicyFinding,
  type Session,
  SessionService,
} from '@acme/nest-auth';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { EventCounts } from './event-counts.js';
import { DecisionReader } from './live/decision-reader.js';
import { LiveDecisions } from './live/live-decisions.js';
import { phrasesOf } from './needs.js';
import type { ShownFinding, ShownPolicies, ShownPolicy, ShownSession, ShownState } from './wire.js';

// Set on the prototype of our controllers, because the module makes subclasses of them.
const MARK = Symbol.for('acme/nest-auth:inspector');

/** Marks a controller as the inspector's own. The page does not show its own requests. */
export function markInspector({ prototype }: { readonly prototype: object }): void {
  Object.defineProperty(prototype, MARK, { value: true });
}

/** What the page shows. */
@Injectable()
export class Inspector implements OnModuleDestroy {
  readonly live: LiveDecisions;

  constructor(
    @Inject(ModuleRef) private readonly module: ModuleRef,
    @Inject(AuthStatus) private readonly status: AuthStatus,
    @Inject(EventCounts) private readonly counts: EventCounts,
    @Inject(SessionService) private readonly sessionService: SessionService,
  ) {
    const reader = new DecisionReader(() => listPolicies(this.module).entries);
    this.live = new LiveDecisions({ reader, isOwn, now: () => Date.now() });
  }

  /** Runs before the server waits for its connections to close. */
  onModuleDestroy(): void {
    this.live.stop();
  }

  policies(): ShownPolicies {
    const { entries, findings } = listPolicies(this.module);
    return { policies: entries.map(shownPolicy), findings: findings.map(shownFinding) };
  }

  /** The live sessions of a user whose calls are shown. For any other user, nothing is looked up. */
  async sessions(userId: string): Promise<ShownSession[]> {
    return this.live.hasCaller(userId) ? (await this.sessionService.list(userId)).map(shownSession) : [];
  }

  state(): ShownState {
    const { keys, revocation, features, transport, hashes, connections, budgets } = this.status.read();
    const { since, events, throttled } = this.counts;
    return {
      ...{ since, now: Date.now(), transport, features, hashes, connections, budgets, events, throttled },
      pages: this.live.pages,
      keys: keys.map(({ kid, alg, signs, since: known }) => ({ kid, alg, signs, since: known.getTime() })),
      revocation: {
        mode: revocation.mode,
        ...(revocation.age === undefined ? {} : { age: Math.round(revocation.age) }),
      },
    };
  }
}

function isOwn({ context }: Decision): boolean {
  const { prototype } = Object(context?.getClass()) as { readonly prototype?: object };
  return Reflect.get(Object(prototype), MARK) === true;
}

function shownPolicy(entry: PolicyEntry): ShownPolicy {
  const { kind, name, className, method, policy, source, guards, isOwn: isOurs, findings } = entry;
  const { access, strategies } = policy;
  const kinds = strategies.length > 0 ? [`credentials of ${strategies.join(' or ')}`] : [];
  const letIn = guards.flatMap(({ letsIn }) => letsIn ?? []);
  return {
    kind,
    name,
    handler: method === undefined ? className : `${className}.${method}`,
    access: access === 'public' && letIn.length > 0 ? 'restricted' : access,
    needs: [...kinds, ...phrasesOf(policy), ...letIn],
    source: source.className === undefined ? source.place : `${source.place} ${source.className}`,
    guards: guards.map((guard) => guard.name),
    isOwn: isOurs,
    findings: findings.map(shownFinding),
  };
}

function shownSession({ methods, createdAt, lastUsedAt, authenticatedAt }: Session): ShownSession {
  return {
    methods,
    createdAt: createdAt.getTime(),
    lastUsedAt: lastUsedAt.getTime(),
    authenticatedAt: authenticatedAt.getTime(),
  };
}

function shownFinding({ code, name, message, remedy }: PolicyFinding): ShownFinding {
  return { code, message, remedy, ...(name === undefined ? {} : { name }) };
}
