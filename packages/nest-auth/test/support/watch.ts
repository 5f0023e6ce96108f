import type { AuthFeature, Decision, Observer, Operation, Outcome } from '@acme/nest-auth';

/** An operation, with the operations that ran within it. */
export interface Watched {
  readonly operation: Operation;
  readonly inner: Watched[];
  outcome?: Outcome;
}

/** A feature that records what it observes. */
export function watching() {
  const decisions: Decision[] = [];
  const operations: Watched[] = [];
  const observe: Observer = {
    decided: (decision) => decisions.push(decision),
    started(operation) {
      const watched: Watched = { operation, inner: [] };
      operations.push(watched);
      return { ended: (outcome) => Object.assign(watched, { outcome }) };
    },
  };
  return { decisions, operations, feature: observer('watch', observe) };
}

/** A feature that does nothing but observe. */
export function observer(name: string, observe: Observer): AuthFeature {
  return { name, hooks: { inject: [], useFactory: () => ({ feature: name, observe }) } };
}

/** `UserStore.findById` for a call of a store, otherwise the name. */
export function nameOf(operation: Operation): string {
  return operation.name === 'store' ? `${operation.store}.${operation.method}` : operation.name;
}
