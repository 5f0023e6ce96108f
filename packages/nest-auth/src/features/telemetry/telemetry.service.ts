import {
  AuthEvents,
  type Decision,
  type FeatureHooks,
  featureSettings,
  type Observer,
  type SettingsOf,
} from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { NAMES } from './attributes.js';
import { Metrics } from './metrics.js';
import { OPEN_TELEMETRY, type OpenTelemetry } from './open-telemetry.js';
import { Spans } from './spans.js';
import type { TELEMETRY_OPTIONS } from './telemetry.options.js';

const SETTINGS = featureSettings<SettingsOf<typeof TELEMETRY_OPTIONS>>('telemetry');

/** Observes the library for OpenTelemetry. Without `@opentelemetry/api` it does not observe. */
@Injectable()
export class Telemetry implements FeatureHooks {
  readonly feature = 'telemetry';
  readonly observe?: Observer;

  constructor(
    @Inject(OPEN_TELEMETRY) api: OpenTelemetry | null,
    @Inject(SETTINGS) { userId }: SettingsOf<typeof TELEMETRY_OPTIONS>,
    @Inject(AuthEvents) events: AuthEvents,
  ) {
    if (!api) return;
    const spans = new Spans(api);
    const metrics = new Metrics(api);
    const know = (id: string) => {
      if (userId) spans.note({ [NAMES.user]: id });
    };
    this.observe = {
      decided(decision) {
        metrics.decided(decision);
        // The request's span has the status already, but not the code.
        if (decision.refusal) spans.note({ [NAMES.code]: decision.refusal.code });
        const id = idOf(decision);
        if (id !== undefined) know(id);
      },
      started(operation) {
        const span = spans.start(operation);
        return {
          ...(span && { within: span.within }),
          ended(outcome) {
            metrics.ended(operation, outcome);
            span?.ended(outcome);
          },
        };
      },
    };
    if (!userId) return;
    // Events are emitted within their operation, so its span is active.
    for (const type of ['registered', 'logged_in', 'refreshed'] as const)
      events.on(type, (event: { readonly userId: string }) => know(event.userId));
  }
}

function idOf({ caller }: Decision): string | undefined {
  const { id } = Object(caller) as { readonly id?: unknown };
  return typeof id === 'string' ? id : undefined;
}
