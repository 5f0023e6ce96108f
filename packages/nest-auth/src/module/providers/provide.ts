import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import type { Token } from '../../core/token.js';
import type { CredentialStore } from '../../ports/credential-store.js';
import type { EphemeralStore } from '../../ports/ephemeral-store.js';
import type { Mailer } from '../../ports/mailer.js';
import type { PasswordHasher } from '../../ports/password-hasher.js';
import type { SessionStore } from '../../ports/session-store.js';
import type { UserStore } from '../../ports/user-store.js';

/** A dependency that is `null` in some modes and with some settings. */
export function orNull<T>(dependency: { readonly prototype: T }): Token<T | null> {
  return dependency as unknown as Token<T | null>;
}

/** The ports: interface and symbol share a name, so the type of one does not follow from the other. */
type PortOf<T> = T extends typeof UserStore
  ? UserStore
  : T extends typeof SessionStore
    ? SessionStore
    : T extends typeof EphemeralStore
      ? EphemeralStore
      : T extends typeof CredentialStore
        ? CredentialStore
        : T extends typeof PasswordHasher
          ? PasswordHasher
          : T extends typeof Mailer
            ? Mailer
            : never;

type ValueOf<T> =
  T extends Token<infer Value> ? Value : T extends { readonly prototype: infer Instance } ? Instance : PortOf<T>;

type ValuesOf<Needs extends readonly unknown[]> = { -readonly [I in keyof Needs]: ValueOf<Needs[I]> };

/**
 * A provider whose dependencies are written once: their types follow from the tokens.
 * @param make may return `null` if it is injected by `orNull`
 */
export function provide<const T extends InjectionToken, const Needs extends readonly InjectionToken[]>(
  provided: T,
  needs: Needs,
  make: (...values: ValuesOf<Needs>) => ValueOf<T> | Promise<ValueOf<T>> | null,
): FactoryProvider {
  return { provide: provided, inject: [...needs], useFactory: make as FactoryProvider['useFactory'] };
}
