-- Times are milliseconds since the epoch.
CREATE TABLE auth_users (
  id                text PRIMARY KEY NOT NULL,
  login             text NOT NULL,
  password_hash     text,
  roles             text NOT NULL,
  permissions       text,
  email_verified_at integer,
  disabled_at       integer,
  created_at        integer NOT NULL
);

CREATE UNIQUE INDEX auth_users_login ON auth_users (login);

CREATE TABLE auth_sessions (
  id                  text PRIMARY KEY NOT NULL,
  user_id             text NOT NULL,
  secret_hash         text NOT NULL,
  generation          integer NOT NULL,
  created_at          integer NOT NULL,
  rotated_at          integer NOT NULL,
  expires_at          integer NOT NULL,
  absolute_expires_at integer NOT NULL,
  revoked_at          integer,
  user_agent          text,
  ip                  text,
  methods             text NOT NULL,
  authenticated_at    integer NOT NULL,
  remember            integer NOT NULL,
  actor_id            text
);

CREATE INDEX auth_sessions_user_id ON auth_sessions (user_id, created_at, id) WHERE revoked_at IS NULL;
CREATE INDEX auth_sessions_absolute_expires_at ON auth_sessions (absolute_expires_at);
CREATE INDEX auth_sessions_revoked_at ON auth_sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE auth_ephemeral (
  key        text PRIMARY KEY NOT NULL,
  value      text NOT NULL,
  expires_at integer NOT NULL
);

CREATE INDEX auth_ephemeral_expires_at ON auth_ephemeral (expires_at);

CREATE TABLE auth_credentials (
  id           text PRIMARY KEY NOT NULL,
  user_id      text NOT NULL,
  kind         text NOT NULL,
  key          text NOT NULL,
  data         text NOT NULL,
  version      integer NOT NULL,
  created_at   integer NOT NULL,
  last_used_at integer,
  expires_at   integer
);

CREATE UNIQUE INDEX auth_credentials_kind_key ON auth_credentials (kind, key);
CREATE INDEX auth_credentials_user_id ON auth_credentials (user_id, created_at, id);
