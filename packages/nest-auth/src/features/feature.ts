import type { ModuleMetadata, Type } from '@nestjs/common';
import { AuthError } from '../core/auth-error.js';
import type { LoginHooks } from '../core/auth-service.js';
import type { CredentialKind } from '../core/principal.js';
import type { Capabilities } from '../options/capabilities.js';

/** What a feature's class may do: hook into logins, and authenticate a further kind of credential. */
export interface FeatureHooks extends LoginHooks {
  readonly credential?: CredentialKind;
}

/** An optional part of the library, or of an app: a value in the static `features` list of the module. */
export interface AuthFeature {
  /** Unique; also the `challenge` that it answers with. */
  readonly name: string;
  /** What no two features may own, such as a path or a prefix of credentials: `'credential:nak_'`. */
  readonly claims?: readonly string[];
  /** Missing capabilities fail at boot, by name. */
  readonly needs?: Capabilities;
  /** Becomes part of the auth module, whose services it can inject. */
  readonly module?: Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers' | 'exports'>;
  /** One of the module's providers. It may inject every service but `AuthService`, which is built from it. */
  readonly hooks?: Type<FeatureHooks>;
}

/** @throws AuthError `invalid_configuration` when two features have one name or claim the same thing */
export function assertDistinct(features: readonly AuthFeature[]): void {
  const owners = new Map<string, string>();
  for (const { name, claims = [] } of features) {
    for (const claim of [`name:${name}`, ...claims]) {
      const owner = owners.get(claim);
      if (owner !== undefined) {
        throw new AuthError('invalid_configuration', {
          message: `features: '${owner}' and '${name}' both claim ${claim}; leave one of them out.`,
        });
      }
      owners.set(claim, name);
    }
  }
}
