-- SQLite 3.35 or later. Leave auth_users out when the app has a users table of its own. Times are UTC, as text.

CREATE TABLE auth_users (
  id                varchar(36) PRIMARY KEY NOT NULL,
  login             varchar(254) NOT NULL,
  password_hash     varchar(255),
  roles             text NOT NULL,
  permissions       text,
  email_verified_at datetime,
  disabled_at       datetime,
  created_at        datetime NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
);
CREATE UNIQUE INDEX auth_users_login ON auth_users (login);

CREATE TABLE auth_sessions (
  id                  varchar(36) PRIMARY KEY NOT NULL,
  user_id             varchar(64) NOT NULL,
  secret_hash         varchar(64) NOT NULL,
  generation          integer NOT NULL,
  created_at          datetime NOT NULL,
  rotated_at          datetime NOT NULL,
  expires_at          datetime NOT NULL,
  absolute_expires_at datetime NOT NULL,
  revoked_at          datetime,
  user_agent          text,
  ip                  varchar(64),
  methods             varchar(263) NOT NULL,
  authenticated_at    datetime NOT NULL,
  remember            boolean NOT NULL,
  actor_id            varchar(64)
);
CREATE INDEX auth_sessions_user_id ON auth_sessions (user_id, created_at, id) WHERE revoked_at IS NULL;
CREATE INDEX auth_sessions_absolute_expires_at ON auth_sessions (absolute_expires_at);
CREATE INDEX auth_sessions_revoked_at ON auth_sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE auth_ephemeral (
  key        varchar(255) PRIMARY KEY NOT NULL,
  value      text NOT NULL,
  expires_at datetime NOT NULL
);
CREATE INDEX auth_ephemeral_expires_at ON auth_ephemeral (expires_at);

CREATE TABLE auth_credentials (
  id           varchar(36) PRIMARY KEY NOT NULL,
  user_id      varchar(255) NOT NULL,
  kind         varchar(32) NOT NULL,
  key          varchar(512) NOT NULL,
  data         text NOT NULL,
  version      integer NOT NULL,
  created_at   datetime NOT NULL,
  last_used_at datetime,
  expires_at   datetime
);
CREATE UNIQUE INDEX auth_credentials_kind_key ON auth_credentials (kind, key);
CREATE INDEX auth_credentials_user_id ON auth_credentials (user_id, created_at, id);
