import type { DrizzleUser } from '@acme/nest-auth-drizzle/pg';
import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** The app's own table; `stores.ts` says how the library reads it. */
export const users = pgTable('users', {
  id: uuid('id').primaryKey().defaultRandom(),
  email: text('email').notNull().unique('users_email'),
  passwordHash: text('password_hash'),
  roles: text('roles').array().notNull(),
  displayName: text('display_name').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

declare module '@acme/nest-auth' {
  interface Register {
    user: DrizzleUser<typeof users>;
    role: 'admin';
  }
}
