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
