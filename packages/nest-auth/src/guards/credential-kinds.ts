import { Inject, Injectable } from '@nestjs/common';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import type { CredentialKind } from '../core/policy/principal.js';
import { CookieRefusal } from '../http/access-token.js';

/** The kinds of credentials that features bring, by the names that `@Authenticated(…)` uses. */
@Injectable()
export class CredentialKinds {
  readonly #byName = new Map<string, CredentialKind>();

  constructor(@Inject(CookieRefusal) private readonly refuseCookie: CookieRefusal) {}

  get names(): Iterable<string> {
    return this.#byName.keys();
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /**
   * @param feature the name of the feature that brings it
   * @throws AuthError `invalid_configuration` if the kind has no name, or the name of another kind
   */
  add(feature: string, kind: CredentialKind): void {
    const name: unknown = kind.name;
    if (typeof name !== 'string' || name === '' || this.has(name)) {
      const problem = name && typeof name === 'string' ? `'${name}', which another feature has` : 'nothing';
      throw new AuthError('invalid_configuration', {
        message: `features: the credential of '${feature}' is named ${problem}; give it a name of its own.`,
      });
    }
    this.#byName.set(name, kind);
  }

  /**
   * Finds, among the kinds that a handler names, the one whose credential the request carries.
   * @throws AuthError `invalid_request` if the request carries another credential too
   */
  find(names: readonly string[], request: AuthRequest): CredentialKind | undefined {
    let found: CredentialKind | undefined;
    for (const name of names) {
      const kind = this.#byName.get(name);
      if (!kind?.matches(request)) continue;
      if (found)
        throw new AuthError('invalid_request', { message: 'The request has two credentials; send one of them.' });
      found = kind;
    }
    if (found) this.refuseCookie(request);
    return found;
  }

  /** The first kind of credential that a request carries and the handler does not accept. */
  unnamedIn(request: AuthRequest, names: readonly string[]): string | undefined {
    for (const [name, kind] of this.#byName) if (!names.includes(name) && kind.matches(request)) return name;
    return undefined;
  }
}
