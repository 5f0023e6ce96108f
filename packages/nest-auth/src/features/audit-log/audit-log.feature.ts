import { defineFeature, type OptionsOf } from '@acme/nest-auth';
import { AUDIT_LOG_OPTIONS } from './audit-log.options.js';
import { AuditLog } from './audit-log.service.js';

declare module '@acme/nest-auth' {
  interface AuthOptions {
    /** For the feature `auditLog()`. */
    readonly auditLog?: OptionsOf<typeof AUDIT_LOG_OPTIONS>;
  }
}

/**
 * Keeps every event of `AuthEvents`: in order, at least once while the process lives, without secrets. A slow or
 * failing sink neither delays nor fails a request.
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({
 *   features: [auditLog()],
 *   useFactory: () => ({ userStore, secrets, auditLog: { sink: jsonLinesSink() } }),
 * });
 * ```
 */
export const auditLog = defineFeature({
  name: 'auditLog',
  options: AUDIT_LOG_OPTIONS,
  providers: [AuditLog],
});
