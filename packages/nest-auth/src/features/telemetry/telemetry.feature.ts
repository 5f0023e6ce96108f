import { defineFeature, type OptionsOf } from '@acme/nest-auth';
import { OPEN_TELEMETRY, openTelemetry } from './open-telemetry.js';
import { TELEMETRY_OPTIONS } from './telemetry.options.js';
import { Telemetry } from './telemetry.service.js';

declare module '@acme/nest-auth' {
  interface AuthOptions {
    /** For the feature `telemetry()`. */
    readonly telemetry?: OptionsOf<typeof TELEMETRY_OPTIONS>;
  }
}

/**
 * Spans of logins, refreshes, hashes and calls of stores, and metrics of guards' decisions, by `@opentelemetry/api`.
 * They go where the OpenTelemetry SDK of the app sends them. Without an SDK nothing is recorded.
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({ features: [telemetry()], useFactory: () => ({ userStore, secrets }) });
 * ```
 */
export const telemetry = defineFeature({
  name: 'telemetry',
  options: TELEMETRY_OPTIONS,
  providers: [{ provide: OPEN_TELEMETRY, useFactory: openTelemetry }, Telemetry],
  hooks: Telemetry,
});
