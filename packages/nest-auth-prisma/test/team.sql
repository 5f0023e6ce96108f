CREATE TABLE "accounts" (
  "id"              serial PRIMARY KEY,
  "email_address"   text NOT NULL UNIQUE,
  "password_digest" text,
  "roles"           text[] NOT NULL,
  "nickname"        text UNIQUE,
  "blocked_at"      timestamp(3)
);

CREATE TABLE "members" (
  "id"            bigserial PRIMARY KEY,
  "login"         text NOT NULL UNIQUE,
  "password_hash" text,
  "roles"         jsonb NOT NULL
);

CREATE TYPE "person_role" AS ENUM ('GUEST', 'EDITOR');
CREATE TABLE "people" (
  "person_no" bigserial PRIMARY KEY,
  "mail"      text NOT NULL UNIQUE,
  "secret"    text,
  "role"      "person_role" NOT NULL DEFAULT 'GUEST',
  "is_active" boolean NOT NULL DEFAULT true,
  "confirmed_at" timestamp(3),
  "settings"  jsonb
);
CREATE UNIQUE INDEX "people_mail_lower" ON "people" (lower("mail"));
