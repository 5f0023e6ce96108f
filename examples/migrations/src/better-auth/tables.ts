/** A row of `user`. */
export interface UserRow {
  id: string;
  email: string;
  name: string;
  emailVerified: boolean;
  updatedAt: Date;
}

/** A row of `account`: a password has the provider `credential`. */
export interface AccountRow {
  id: string;
  userId: string;
  providerId: string;
  accountId: string;
  password?: string | null;
}

/** A row of `session`. */
export interface SessionRow {
  userId: string;
  token: string;
  expiresAt: Date;
}

/** The tables of better-auth. In an app that is in production, those of its database; the switch leaves them as they are. */
export const tables = {
  user: [] as UserRow[],
  account: [] as AccountRow[],
  session: [] as SessionRow[],
  verification: [] as object[],
};
