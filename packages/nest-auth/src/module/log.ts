import { Logger } from '@nestjs/common';
import { AuthError } from '../core/errors/auth-error.js';
import { Trace } from '../core/errors/trace.js';
import type { UnknownScheme } from '../core/passwords/hash-scheme.js';
import { lineOf } from '../http/auth-exception.js';

const logger = new Logger('AuthModule');

export function say(level: 'warn' | 'log', message: string): void {
  logger[level](message);
}

/** For failures that can no longer change an answer. */
export function report(error: unknown): void {
  const [line, ...stack] = error instanceof AuthError ? lineOf(error) : [Trace.of(error).summary];
  try {
    logger.error(`Something behind a request failed: ${line}`, ...stack);
  } catch {
    // Nothing would catch the error, and a full disk must not end the process.
  }
}

export function warnOfFailedStart(reason: string): void {
  logger.warn(
    `Revocations could not be read: ${reason}. Until they can be, access tokens are answered with 503. ` +
      "If tables are missing, apply the migration of the store's adapter to the database that the app connects to.",
  );
}

export function warnOfScheme({ family, remedy }: UnknownScheme): void {
  logger.warn(`There are stored password hashes ${family}: their users cannot log in. ${remedy}. This is logged once.`);
}

let warnedOfMemory = false;

/** Warns once for each process, and not in tests. */
export function warnOfMemoryStore(): void {
  if (warnedOfMemory || process.env.NODE_ENV === 'test') return;
  warnedOfMemory = true;
  logger.warn('Sessions are kept in memory and end with the process. Production refuses this.');
}
