import type { Decision, Operation, Outcome } from '@acme/nest-auth';
import type { Counter, Histogram, Meter, MeterProvider } from '@opentelemetry/api';
import {
  type Attributes,
  attributesOf,
  decisionAttributes,
  handlerAttributes,
  NAMES,
  refusalAttributes,
} from './attributes.js';
import { INSTRUMENTATION, VERSION } from './instrumentation.js';
import type { OpenTelemetry } from './open-telemetry.js';

/** Boundaries of histograms, in seconds. The default ones are made for milliseconds. */
const MICROSECONDS = [1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 0.01, 0.1, 1];
const MILLISECONDS = [5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const TENTHS = [5e-3, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 10];

/** Operations whose refusals are counted. An inner operation's refusal has the same code and would count twice. */
const ENTRIES: readonly Operation['name'][] = ['login', 'register', 'refresh', 'logout'];

interface Instruments {
  readonly decisions: Counter;
  readonly refusals: Counter;
  readonly guard: Histogram;
  readonly operations: Histogram;
  readonly passwords: Histogram;
  readonly queue: Histogram;
  readonly stores: Histogram;
}

/** Counts and times what the library does. */
export class Metrics {
  #provider: MeterProvider | undefined;
  #instruments: Instruments | undefined;

  constructor(private readonly api: OpenTelemetry) {}

  decided(decision: Decision): void {
    const { decisions, guard, refusals } = this.#current;
    const attributes = decisionAttributes(decision);
    decisions.add(1, { ...attributes, ...handlerAttributes(decision) });
    guard.record(decision.milliseconds / 1000, attributes);
    const { refusal } = decision;
    if (refusal) refusals.add(1, { ...refusalAttributes(refusal), [NAMES.operation]: 'guard' });
  }

  ended(operation: Operation, { milliseconds, refusal }: Outcome): void {
    const instruments = this.#current;
    const attributes: Attributes = { ...attributesOf(operation), ...refusalAttributes(refusal) };
    histogramOf(operation, instruments).record(milliseconds / 1000, attributes);
    if (refusal && ENTRIES.includes(operation.name)) instruments.refusals.add(1, attributes);
  }

  /** Creates new instruments if an SDK is set up later: unlike tracers, meters do not find a later SDK. */
  get #current(): Instruments {
    const provider = this.api.metrics.getMeterProvider();
    if (!this.#instruments || provider !== this.#provider) {
      this.#provider = provider;
      this.#instruments = instrumentsOf(provider.getMeter(INSTRUMENTATION, VERSION));
    }
    return this.#instruments;
  }
}

function histogramOf({ name }: Operation, { operations, passwords, queue, stores }: Instruments): Histogram {
  if (name === 'store') return stores;
  if (name === 'wait_for_hash') return queue;
  return name === 'hash_password' || name === 'verify_password' ? passwords : operations;
}

function instrumentsOf(meter: Meter): Instruments {
  const counter = (name: string, unit: string, description: string) => meter.createCounter(name, { unit, description });
  const histogram = (name: string, explicitBucketBoundaries: number[], description: string) =>
    meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries } });
  return {
    decisions: counter('auth.decisions', '{decision}', 'Calls that the guards allowed and refused.'),
    refusals: counter('auth.refusals', '{refusal}', 'What was refused, by code.'),
    guard: histogram('auth.guard.duration', MICROSECONDS, 'How long the guards took to decide.'),
    operations: histogram(
      'auth.operation.duration',
      TENTHS,
      'How long logins, registrations, refreshes and logouts took.',
    ),
    passwords: histogram('auth.password.duration', TENTHS, 'How long one hash took, without waiting.'),
    queue: histogram('auth.password.queue.duration', MILLISECONDS, 'How long a hash waited for others.'),
    stores: histogram('auth.store.duration', MILLISECONDS, 'How long calls of stores took.'),
  };
}
