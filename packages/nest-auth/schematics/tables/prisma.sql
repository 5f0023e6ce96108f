-- Times are UTC: see auth.prisma.

CREATE TABLE "auth_users" (
  "id"                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "login"             text NOT NULL,
  "password_hash"     text,
  "roles"             jsonb NOT NULL,
  "permissions"       jsonb,
  "email_verified_at" timestamp(3),
  "disabled_at"       timestamp(3),
  "created_at"        timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE UNIQUE INDEX "auth_users_login" ON "auth_users" ("login");

CREATE TABLE "auth_sessions" (
  "id"                  uuid PRIMARY KEY,
  "user_id"             varchar(64) NOT NULL,
  "secret_hash"         text NOT NULL,
  "generation"          integer NOT NULL,
  "created_at"          timestamp(3) NOT NULL,
  "rotated_at"          timestamp(3) NOT NULL,
  "expires_at"          timestamp(3) NOT NULL,
  "absolute_expires_at" timestamp(3) NOT NULL,
  "revoked_at"          timestamp(3),
  "user_agent"          text,
  "ip"                  text,
  "methods"             text NOT NULL,
  "authenticated_at"    timestamp(3) NOT NULL,
  "remember"            boolean NOT NULL,
  "actor_id"            varchar(64)
)
-- A rotation writes generation, rotated_at and expires_at alone. None of them has an index and pages keep room, so
-- PostgreSQL updates the row in place (HOT).
WITH (fillfactor = 80);

CREATE INDEX "auth_sessions_user_id" ON "auth_sessions" ("user_id", "created_at", "id") WHERE "revoked_at" IS NULL;
CREATE INDEX "auth_sessions_absolute_expires_at" ON "auth_sessions" ("absolute_expires_at");
CREATE INDEX "auth_sessions_revoked_at" ON "auth_sessions" ("revoked_at") WHERE "revoked_at" IS NOT NULL;

CREATE TABLE "auth_ephemeral" (
  "key"        text PRIMARY KEY,
  "value"      text NOT NULL,
  "expires_at" timestamp(3) NOT NULL
);

CREATE INDEX "auth_ephemeral_expires_at" ON "auth_ephemeral" ("expires_at");

CREATE TABLE "auth_credentials" (
  "id"           uuid PRIMARY KEY,
  "user_id"      varchar(255) NOT NULL,
  "kind"         varchar(32) NOT NULL,
  "key"          varchar(512) NOT NULL,
  "data"         text NOT NULL,
  "version"      integer NOT NULL,
  "created_at"   timestamp(3) NOT NULL,
  "last_used_at" timestamp(3),
  "expires_at"   timestamp(3)
);

CREATE UNIQUE INDEX "auth_credentials_kind_key" ON "auth_credentials" ("kind", "key");
CREATE INDEX "auth_credentials_user_id" ON "auth_credentials" ("user_id", "created_at", "id");
