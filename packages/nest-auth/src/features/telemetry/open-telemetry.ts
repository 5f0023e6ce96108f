import type { Token } from '@acme/nest-auth';
import { Logger } from '@nestjs/common';

export type OpenTelemetry = typeof import('@opentelemetry/api');

/** The API; `null` if it is not installed. */
export const OPEN_TELEMETRY = Symbol.for('acme/nest-auth:telemetry:open-telemetry') as Token<OpenTelemetry | null>;

/** Loads the API. If it is missing, the app must still start, so this only logs what to install. */
export async function openTelemetry(): Promise<OpenTelemetry | null> {
  try {
    return await import('@opentelemetry/api');
  } catch (error) {
    const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown };
    new Logger('AuthModule').warn(
      `telemetry(): @opentelemetry/api could not be loaded (${String(code ?? name)}), so nothing is measured; npm i @opentelemetry/api@^1.9.0`,
    );
    return null;
  }
}
