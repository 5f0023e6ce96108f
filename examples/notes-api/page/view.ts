import type { Session, User } from './session.js';

/** What a view may use. */
export interface Visit {
  readonly session: Session;
  /** Aborted when another view is shown. */
  readonly signal: AbortSignal;
  /** Shows another view. */
  go(path: string, isReplaced?: boolean): void;
  /** Whether an error says that the session has ended; then the login is shown, and says so. */
  isOver(error: unknown): boolean;
}

/** A view that needs no user. `visitors` are those who have not logged in. */
export interface OpenView {
  readonly title: string;
  readonly for: 'everybody' | 'visitors';
  show(visit: Visit): Node[];
}

export interface PrivateView {
  readonly title: string;
  readonly for: 'users' | 'admins';
  show(visit: Visit, user: User): Node[];
}

export type View = OpenView | PrivateView;
