import {
  AuthError,
  AuthEvents,
  type AuthUser,
  Clock,
  type Device,
  type EndingSessions,
  type Exchange,
  type Exchanged,
  type FeatureHooks,
  type FoundCaller,
  featureSettings,
  type LiveSession,
  normaliseLogin,
  type Principal,
  SessionService,
  type SettingsOf,
  TokenService,
  UserStore,
} from '@acme/nest-auth';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AccessCheck } from './access-check.js';
import { EndedUsers, sessionIdOf } from './ended-users.js';
import type { OLD_TOKENS_OPTIONS, OldClaims, OldUser } from './old-tokens.options.js';
import { MAX_UNTIL_AHEAD } from './old-tokens.rules.js';
import { UsedTokens } from './used-tokens.js';

const SETTINGS = featureSettings<SettingsOf<typeof OLD_TOKENS_OPTIONS>>('oldTokens');
const NOTHING: readonly never[] = Object.freeze([]);

/** Accepts the tokens of an older system until they expire: its access tokens as they are, its refresh tokens once. */
@Injectable()
export class OldTokens implements FeatureHooks, OnApplicationBootstrap {
  readonly feature = 'oldTokens';
  readonly #until: number;
  readonly #access: AccessCheck | undefined;
  readonly #logger = new Logger('OldTokens');

  constructor(
    @Inject(SETTINGS) private readonly settings: SettingsOf<typeof OLD_TOKENS_OPTIONS>,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(SessionService) private readonly sessions: SessionService,
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(AuthEvents) private readonly events: AuthEvents,
    @Inject(EndedUsers) private readonly ended: EndedUsers,
    @Inject(UsedTokens) private readonly used: UsedTokens,
  ) {
    const { until, access } = settings;
    this.#until = new Date(until).getTime();
    if (access) this.#access = new AccessCheck(access, access.key, clock);
  }

  onApplicationBootstrap(): void {
    if (!this.#isOver()) return;
    this.#logger.warn('oldTokens.until has passed, so no old token works. Remove oldTokens() and its options.');
  }

  /** See `TokenHooks`. Roles come from the store. @throws AuthError `token_expired`, `token_revoked`, `store_unavailable` */
  async foreignCaller(token: string): Promise<FoundCaller | undefined> {
    if (!this.#access || this.#isOver()) return undefined;
    const claims = this.#access.claimsOf(token);
    const { user: userOf = subjectOf } = this.settings.access ?? {};
    const named = claims && (await asked(() => userOf(claims)));
    if (!claims || !isNamed(named)) return undefined;
    const user = await this.#find(named);
    const isTheirs = user && !(typeof named === 'object' && wasIssuedBefore(user.emailVerifiedAt, claims));
    if (!isTheirs || (await this.ended.has(user.id))) throw new AuthError('token_revoked');
    const caller = Object.freeze({
      id: user.id,
      roles: Object.freeze([...user.roles]),
      permissions: Object.freeze([...(user.permissions ?? [])]),
      sessionId: sessionIdOf(user.id),
      methods: NOTHING,
      // The time of the login is unknown, so it never counts as recent.
      authenticatedAt: 0,
      // In the form in which a token would carry them.
      claims: Object.freeze(JSON.parse(JSON.stringify(await this.tokens.claimsOf(user)))),
    }) as Principal;
    return { caller, until: Math.min(this.#until, endOf(claims)) };
  }

  /**
   * See `SessionHooks`.
   * @throws AuthError `invalid_refresh_token`, `refresh_token_reused`, `session_revoked`, `store_unavailable`
   */
  async foreignRefresh(token: string, device: Device, exchange: Exchange): Promise<LiveSession | undefined> {
    const user = await this.#ownerOf(token);
    if (!user) return undefined;
    const at = this.clock();
    let isFirst = false;
    let stored = '';
    const session = await exchange
      .begin(user, async ({ sessionId }) => {
        stored = sessionId;
        const use = { userId: user.id, sessionId, at };
        if (isFirst) return this.used.move(token, use, this.#keptUntil);
        const first = await this.used.claim(token, use, this.#keptUntil);
        isFirst = first === null;
        return first;
      })
      .catch(async (error: unknown) => {
        if (isFirst) await this.#release(token, user.id, stored).catch(() => {});
        throw error;
      });
    const { sessionId } = session;
    await this.#endIfLoggedOut(token, user.id, sessionId);
    if (isFirst) this.events.emit('old_token_exchanged', { userId: user.id, sessionId, device });
    return session;
  }

  /**
   * Lets a token be exchanged again after a failure. The store may have the session all the same, and somebody who raced
   * may have its tokens, so it must have ended first.
   */
  async #release(token: string, userId: string, sessionId: string): Promise<void> {
    await this.sessions.end(userId, sessionId, 'ended');
    await this.used.release(token);
  }

  /** See `SessionHooks`. */
  async foreignLogout(token: string): Promise<Exchanged | null> {
    const user = await this.#ownerOf(token);
    return user && this.used.end(token, user.id, this.#keptUntil);
  }

  /**
   * See `SessionHooks`. All old tokens of a user end together, even if a caller with an old token ends all sessions but
   * their own: another old token may be a thief's, and old tokens cannot be told apart.
   */
  async beforeEnding(userId: string, ending: EndingSessions): Promise<boolean> {
    const ends = !('sessionId' in ending) || ending.sessionId === sessionIdOf(userId);
    return ends && this.ended.add(userId, this.#keptUntil);
  }

  /** A logout during the exchange could not see the session, so this ends it. @throws AuthError `session_revoked` */
  async #endIfLoggedOut(token: string, userId: string, sessionId: string): Promise<void> {
    const [isUserOut, isTokenOut] = await Promise.all([this.ended.has(userId), this.used.isEnded(token)]);
    if (!isUserOut && !isTokenOut) return;
    await this.sessions.end(userId, sessionId, isUserOut ? 'logout_all' : 'logout');
    throw new AuthError('session_revoked');
  }

  /** The user of a refresh token, if they may have a session. */
  async #ownerOf(token: string): Promise<AuthUser | null> {
    const { refresh } = this.settings;
    if (!refresh || this.#isOver()) return null;
    const named = await asked(() => refresh(token));
    const user = isNamed(named) ? await this.#find(named) : null;
    return user && !(await this.ended.has(user.id)) ? user : null;
  }

  async #find(named: NonNullable<OldUser>): Promise<AuthUser | null> {
    const user =
      typeof named === 'object'
        ? await this.users.findByLogin(normaliseLogin(named.login))
        : await this.users.findById(String(named));
    return user && !user.disabledAt ? user : null;
  }

  /**
   * How long the store keeps the marks that end old tokens, in milliseconds since the epoch. It is later than `until`,
   * because the app may postpone `until`.
   */
  get #keptUntil(): number {
    return this.#until + MAX_UNTIL_AHEAD;
  }

  #isOver(): boolean {
    return this.clock() >= this.#until;
  }
}

/**
 * Whether the user proved an address only after the token was issued: then the token may be of the address's former
 * owner. Times of tokens are whole seconds.
 */
function wasIssuedBefore(verifiedAt: Date | null | undefined, { iat }: OldClaims): boolean {
  return Boolean(verifiedAt) && typeof iat === 'number' && iat < Math.floor((verifiedAt as Date).getTime() / 1000);
}

/** When a token expires, in milliseconds since the epoch. Some old tokens never expire. */
function endOf({ exp }: OldClaims): number {
  return typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY;
}

/** The default of `access.user`. */
function subjectOf({ sub }: OldClaims): OldUser {
  return sub;
}

/** A failure of the app's check counts as a failed store, unless it is an `AuthError`. */
async function asked(check: () => OldUser | Promise<OldUser>): Promise<OldUser> {
  try {
    return await check();
  } catch (cause) {
    throw cause instanceof AuthError ? cause : new AuthError('store_unavailable', { cause });
  }
}

function isNamed(named: OldUser): named is NonNullable<OldUser> {
  if (typeof named === 'object' && named !== null) return typeof named.login === 'string' && named.login !== '';
  return typeof named === 'number' ? Number.isSafeInteger(named) : typeof named === 'string' && named !== '';
}
