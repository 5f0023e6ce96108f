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

/** The tables of better-auth. A production app uses the tables of its database; the switch does not change them. */
export const tables = {
  user: [] as UserRow[],
  account: [] as AccountRow[],
  session: [] as SessionRow[],
  verification: [] as object[],
};
