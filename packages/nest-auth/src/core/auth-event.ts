import { filter, Observable, type Observer, Subject, Subscriber, type Subscription } from 'rxjs';
import type { AuthErrorCode } from './errors/error-codes.js';
import type { Clock } from './time.js';

/** Where a request came from. Control characters are already replaced, so that it can be logged. */
export interface Device {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** For calls that do not come from a request. */
export const UNKNOWN_DEVICE: Device = { ip: null, userAgent: null };

/** The actions that have a limit of attempts, by name. A feature adds its own by augmentation. */
export interface LimitedActions {
  login: unknown;
  register: unknown;
  password_change: unknown;
  confirm: unknown;
  challenge: unknown;
}

export type LimitedAction = keyof LimitedActions & string;

export type RevocationReason =
  | 'logout'
  | 'logout_all'
  | 'password_changed'
  | 'login_changed'
  | 'replay'
  | 'ended'
  | 'user_unavailable'
  /** The address of an account was verified for the first time, see `AuthService.reclaim`. */
  | 'reclaimed'
  /** A newer login took the place of the user's oldest session, see `sessions.max`. */
  | 'newer_login';

/**
 * What can happen, by name. No event carries a password, a token or a hash. A feature adds its own by augmentation.
 * docs/reference/events.md is made from this interface, comments included.
 */
export interface AuthEventFields {
  /** A user was created. */
  registered: { readonly userId: string; readonly device: Device };
  /** A session began. */
  logged_in: { readonly userId: string; readonly sessionId: string; readonly device: Device };
  /**
   * Unknown login, wrong password or code, or disabled account. The event does not say which, because a log must not
   * reveal whether the account exists.
   */
  login_failed: { readonly login: string; readonly device: Device };
  /** The password was right and a feature asked for more. */
  login_challenged: { readonly userId: string; readonly challenge: string; readonly device: Device };
  /** The password was right, and the user has too many sessions (`sessions.whenFull: 'refuse'`). */
  login_refused: { readonly userId: string; readonly code: 'too_many_sessions'; readonly device: Device };
  /** The app's `beforeAttempt` refused. */
  attempt_refused: { readonly action: LimitedAction; readonly device: Device };
  /** A budget is spent. */
  throttled: { readonly action: LimitedAction; readonly device: Device };
  /** The queue of hashes is full: a login is refused. */
  overloaded: { readonly running: number; readonly waiting: number };
  /** A refresh token was exchanged for its successor. */
  refreshed: {
    readonly userId: string;
    readonly sessionId: string;
    readonly generation: number;
    readonly device: Device;
  };
  /**
   * A replaced refresh token was sent again within `ttl.grace`: a race, a retry, or a stolen copy. Compare the devices.
   */
  refresh_repeated: { readonly userId: string; readonly sessionId: string; readonly device: Device };
  /** A refresh was refused. */
  refresh_refused: { readonly code: AuthErrorCode; readonly device: Device };
  /** A refresh token that was replaced long ago was sent again: somebody else has a copy. */
  replay_detected: { readonly userId: string; readonly sessionId: string; readonly device: Device };
  /** Logout or logout-all. */
  logged_out: { readonly userId: string; readonly sessionId: string; readonly device: Device };
  /** A session was ended before it expired. */
  session_revoked: { readonly userId: string; readonly sessionId: string; readonly reason: RevocationReason };
  /** A password change with the wrong current password. */
  password_change_failed: { readonly userId: string; readonly device: Device };
  /** A user who was logged in proved again who they are: by `POST /auth/confirm`, or by a feature. */
  reauthenticated: { readonly userId: string; readonly sessionId: string; readonly device: Device };
  /** `POST /auth/confirm` with the wrong password. */
  confirm_failed: { readonly userId: string; readonly device: Device };
  /** A password was changed: by its user, or by `AuthService.setPassword`, which a reset calls. */
  password_changed: { readonly userId: string; readonly device: Device };
  /**
   * The address of an account was verified for the first time. A stranger may have created the account, so its earlier
   * sessions and credentials were removed.
   */
  account_reclaimed: { readonly userId: string; readonly device: Device };
  /** A login replaced an older hash. */
  password_rehashed: { readonly userId: string };
  /** The stored hash is damaged or of an unknown scheme: this user cannot log in until the password is reset. */
  password_hash_malformed: { readonly userId: string };
  /**
   * An authenticated caller was refused by the policy of a handler. `handler` is its class and method:
   * `NotesController.remove`. `code` is `insufficient_scope` for a missing role or permission, and
   * `insufficient_user_authentication` for a login that is too old or too weak.
   */
  access_denied: {
    readonly userId: string;
    readonly handler: string;
    readonly code: AuthErrorCode;
    readonly device: Device;
  };
}

export type AuthEventType = keyof AuthEventFields;

type EventOf<T extends AuthEventType> = { readonly type: T; readonly at: Date } & AuthEventFields[T];

/** One typed union: narrow it by `type`. */
export type AuthEvent = { [T in AuthEventType]: EventOf<T> }[AuthEventType];

/**
 * All security events, as an Observable. Errors of `on` handlers and of direct subscribers are reported and do not
 * affect other subscribers. After a `pipe`, RxJS rethrows them from a timer.
 *
 * @example
 * ```ts
 * events.on('replay_detected', ({ userId }) => alerts.push(userId));
 * ```
 */
export class AuthEvents extends Observable<AuthEvent> {
  readonly #subject = new Subject<AuthEvent>();
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;

  constructor(clock: Clock, report: (error: unknown) => void) {
    super((subscriber) => this.#subject.subscribe(subscriber));
    this.#clock = clock;
    this.#report = report;
  }

  /** Calls `handler` for each event of a type. Its errors and rejections are reported. */
  on<T extends AuthEventType>(type: T, handler: (event: EventOf<T>) => unknown): Subscription {
    return this.pipe(filter((event): event is EventOf<T> & AuthEvent => event.type === type)).subscribe(
      this.#guarded(handler),
    );
  }

  /** For the library and its features. */
  emit<T extends AuthEventType>(type: T, fields: AuthEventFields[T]): void {
    this.#subject.next({ type, at: new Date(this.#clock()), ...fields } as unknown as AuthEvent);
  }

  // RxJS rethrows a consumer's error from a timer, which would end the process.
  override subscribe(
    observerOrNext?: Partial<Observer<AuthEvent>> | ((event: AuthEvent) => void) | null,
  ): Subscription {
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext);
    const observer = typeof observerOrNext === 'function' ? { next: observerOrNext } : (observerOrNext ?? {});
    return super.subscribe({ ...observer, next: this.#guarded((event) => observer.next?.(event)) });
  }

  #guarded<E>(handler: (event: E) => unknown): (event: E) => void {
    return (event) => {
      try {
        const result = handler(event);
        if (result instanceof Promise) result.catch(this.#report);
      } catch (error) {
        this.#report(error);
      }
    };
  }
}
