declare const NEST_AUTH_VERSION: string;

/** The name of the tracer and the meter. */
export const INSTRUMENTATION = '@acme/nest-auth';
/** Set by the build; the sources have none. */
export const VERSION = typeof NEST_AUTH_VERSION === 'string' ? NEST_AUTH_VERSION : undefined;
