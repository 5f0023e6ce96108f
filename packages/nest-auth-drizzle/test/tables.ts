import { bigint, boolean, datetime, json, mysqlEnum, mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import {
  bigserial,
  boolean as pgBoolean,
  pgEnum,
  integer as pgInteger,
  pgTable,
  text as pgText,
  timestamp,
} from 'drizzle-orm/pg-core';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** A users table as a team may have it: numeric ids, other names, further columns, another format of roles. */
export const members = {
  postgres: `CREATE TABLE members (member_no integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, email text NOT NULL,
    secret text, roles text[] NOT NULL, nickname text, badge text UNIQUE);
    CREATE UNIQUE INDEX whatever ON members (email)`,
  pgTable: pgTable('members', {
    memberNo: pgInteger('member_no').primaryKey().generatedAlwaysAsIdentity(),
    email: pgText('email').notNull(),
    secret: pgText('secret'),
    roles: pgText('roles').array().notNull(),
    nickname: pgText('nickname'),
    badge: pgText('badge').unique(),
  }),

  mariadb: `CREATE TABLE members (member_no bigint AUTO_INCREMENT PRIMARY KEY,
    email varchar(255) COLLATE utf8mb4_bin NOT NULL UNIQUE, secret varchar(512), roles json NOT NULL,
    nickname varchar(64), badge varchar(64) UNIQUE)`,
  mysqlTable: mysqlTable('members', {
    memberNo: bigint('member_no', { mode: 'number' }).autoincrement().primaryKey(),
    email: varchar('email', { length: 255 }).notNull(),
    secret: varchar('secret', { length: 512 }),
    roles: json('roles').$type<readonly string[]>().notNull(),
    nickname: varchar('nickname', { length: 64 }),
    badge: varchar('badge', { length: 64 }).unique(),
  }),

  sqlite: `CREATE TABLE members (member_no integer PRIMARY KEY AUTOINCREMENT, email text NOT NULL UNIQUE, secret text,
    roles text NOT NULL, nickname text, badge text UNIQUE)`,
  sqliteTable: sqliteTable('members', {
    memberNo: integer('member_no').primaryKey({ autoIncrement: true }),
    email: text('email').notNull(),
    secret: text('secret'),
    roles: text('roles', { mode: 'json' }).$type<readonly string[]>().notNull(),
    nickname: text('nickname'),
    badge: text('badge').unique(),
  }),
};

export const personRole = pgEnum('person_role', ['GUEST', 'EDITOR']);

/** Another one: bigints for ids, one role, a flag instead of a time, logins from before in a column of a loose collation. */
export const people = {
  postgres: `CREATE TYPE person_role AS ENUM ('GUEST', 'EDITOR');
    CREATE TABLE people (id bigserial PRIMARY KEY, email text NOT NULL, password text,
      role person_role NOT NULL DEFAULT 'GUEST', is_active boolean NOT NULL DEFAULT true,
      confirmed_at timestamptz);
    CREATE UNIQUE INDEX people_email ON people (lower(email))`,
  pgTable: pgTable('people', {
    id: bigserial('id', { mode: 'bigint' }).primaryKey(),
    email: pgText('email').notNull(),
    password: pgText('password'),
    role: personRole('role').notNull().default('GUEST'),
    isActive: pgBoolean('is_active').notNull().default(true),
    confirmedAt: timestamp('confirmed_at', { withTimezone: true }),
  }),

  mariadb: `CREATE TABLE people (id bigint unsigned AUTO_INCREMENT PRIMARY KEY,
    email varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci NOT NULL UNIQUE, password varchar(512),
    role enum('GUEST', 'EDITOR') NOT NULL DEFAULT 'GUEST', is_active tinyint(1) NOT NULL DEFAULT 1,
    confirmed_at datetime)`,
  mysqlTable: mysqlTable('people', {
    id: bigint('id', { mode: 'bigint', unsigned: true }).autoincrement().primaryKey(),
    email: varchar('email', { length: 255 }).notNull(),
    password: varchar('password', { length: 512 }),
    role: mysqlEnum('role', ['GUEST', 'EDITOR']).notNull().default('GUEST'),
    isActive: boolean('is_active').notNull().default(true),
    confirmedAt: datetime('confirmed_at'),
  }),

  sqlite: `CREATE TABLE people (id integer PRIMARY KEY AUTOINCREMENT, email text NOT NULL COLLATE NOCASE UNIQUE,
    password text, role text NOT NULL DEFAULT 'GUEST', is_active integer NOT NULL DEFAULT 1,
    confirmed_at integer)`,
  sqliteTable: sqliteTable('people', {
    id: integer('id').primaryKey({ autoIncrement: true }),
    email: text('email').notNull(),
    password: text('password'),
    role: text('role', { enum: ['GUEST', 'EDITOR'] })
      .notNull()
      .default('GUEST'),
    isActive: integer('is_active', { mode: 'boolean' }).notNull().default(true),
    confirmedAt: integer('confirmed_at', { mode: 'timestamp' }),
  }),
};
