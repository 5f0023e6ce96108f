import { AuthError } from '@acme/nest-auth';

/**
 * The names of all keys. They share one hash tag, and so one slot of a cluster: there too, one script may use a
 * session, its user's index and the revocations.
 */
export class Keys {
  /** Sorted set of `["<session id>","<user id>"]` by the absolute end of the session. */
  readonly ends: string;
  /** Sorted set of `["<session id>","<user id>","<ms>"]` by the time of the revocation. */
  readonly revoked: string;
  /** The channel that announces revocations, in the same form as the entries of `revoked`. */
  readonly channel: string;
  readonly #base: string;

  /** @throws AuthError `invalid_configuration` for a prefix that would change the hash tag */
  constructor(prefix = 'nest-auth') {
    if (typeof prefix !== 'string' || prefix === '' || /[{}]/.test(prefix)) {
      throw new AuthError('invalid_configuration', {
        message: 'The Redis `prefix` is empty or has a brace. Give it a plain name, such as "my-app-auth".',
      });
    }
    this.#base = `{${prefix}}`;
    this.ends = `${this.#base}:ends`;
    this.revoked = `${this.#base}:revoked`;
    this.channel = `${this.#base}:revocations`;
  }

  /** Hash. Without an id: the prefix of all sessions. */
  session(id = ''): string {
    return `${this.#base}:session:${id}`;
  }

  /** Sorted set of the ids of a user's live sessions by their creation. Without an id: the prefix of all users. */
  user(id = ''): string {
    return `${this.#base}:user:${id}`;
  }

  ephemeral(key: string): string {
    return `${this.#base}:ephemeral:${key}`;
  }

  /** Hash. Without an id: the prefix of all credentials. */
  credential(id = ''): string {
    return `${this.#base}:credential:${id}`;
  }

  /** Sorted set of the ids of a user's credentials by their creation. */
  credentialsOf(userId: string): string {
    return `${this.#base}:credentials:${userId}`;
  }

  /** The id of the credential of this kind and key. A kind has no colon. Without a kind: the prefix of all. */
  credentialName(kind?: string, key = ''): string {
    return `${this.#base}:credential-key:${kind === undefined ? '' : `${kind}:${key}`}`;
  }

  throttle(counter: string): string {
    return `${this.#base}:throttle:${counter}`;
  }
}
