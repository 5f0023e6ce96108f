import { bigint, json, mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import { integer as pgInteger, pgTable, text as pgText } from 'drizzle-orm/pg-core';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** A users table as a team may have it: numeric ids, names of its own, columns of its own, roles its own way. */
export const members = {
  postgres: `CREATE TABLE members (member_no integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, email text NOT NULL,
    secret text, roles text[] NOT NULL, nickname text, badge text UNIQUE);
    CREATE UNIQUE INDEX whatever ON members (email)`,
  pgTable: pgTable('members', {
    id: pgInteger('member_no').primaryKey().generatedAlwaysAsIdentity(),
    login: pgText('email').notNull(),
    passwordHash: pgText('secret'),
    roles: pgText('roles').array().notNull(),
    nickname: pgText('nickname'),
    badge: pgText('badge').unique(),
  }),

  mariadb: `CREATE TABLE members (member_no bigint AUTO_INCREMENT PRIMARY KEY,
    email varchar(255) COLLATE utf8mb4_bin NOT NULL UNIQUE, secret varchar(512), roles json NOT NULL,
    nickname varchar(64), badge varchar(64) UNIQUE)`,
  mysqlTable: mysqlTable('members', {
    id: bigint('member_no', { mode: 'number' }).autoincrement().primaryKey(),
    login: varchar('email', { length: 255 }).notNull(),
    passwordHash: varchar('secret', { length: 512 }),
    roles: json('roles').$type<readonly string[]>().notNull(),
    nickname: varchar('nickname', { length: 64 }),
    badge: varchar('badge', { length: 64 }).unique(),
  }),

  sqlite: `CREATE TABLE members (member_no integer PRIMARY KEY AUTOINCREMENT, email text NOT NULL UNIQUE, secret text,
    roles text NOT NULL, nickname text, badge text UNIQUE)`,
  sqliteTable: sqliteTable('members', {
    id: integer('member_no').primaryKey({ autoIncrement: true }),
    login: text('email').notNull(),
    passwordHash: text('secret'),
    roles: text('roles', { mode: 'json' }).$type<readonly string[]>().notNull(),
    nickname: text('nickname'),
    badge: text('badge').unique(),
  }),
};
