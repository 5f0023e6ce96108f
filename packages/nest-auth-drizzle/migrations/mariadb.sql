-- MariaDB and MySQL 8. Times are UTC.
CREATE TABLE auth_users (
  id                varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  login             varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  password_hash     varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  roles             json NOT NULL,
  permissions       json,
  email_verified_at datetime(3),
  disabled_at       datetime(3),
  created_at        datetime(3) NOT NULL,
  CONSTRAINT auth_users_login UNIQUE (login)
) CHARACTER SET utf8mb4;

CREATE TABLE auth_sessions (
  id                  varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  user_id             varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  secret_hash         varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  generation          int NOT NULL,
  created_at          datetime(3) NOT NULL,
  rotated_at          datetime(3) NOT NULL,
  expires_at          datetime(3) NOT NULL,
  absolute_expires_at datetime(3) NOT NULL,
  revoked_at          datetime(3),
  user_agent          text,
  ip                  varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  methods             varchar(263) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  authenticated_at    datetime(3) NOT NULL,
  remember            boolean NOT NULL,
  actor_id            varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  INDEX auth_sessions_user_id (user_id, revoked_at, created_at, id),
  INDEX auth_sessions_absolute_expires_at (absolute_expires_at),
  INDEX auth_sessions_revoked_at (revoked_at)
) CHARACTER SET utf8mb4;

-- Keys are bytes: a collation would take `key ` for `key`.
CREATE TABLE auth_ephemeral (
  `key`      varbinary(255) NOT NULL PRIMARY KEY,
  value      text NOT NULL,
  expires_at datetime(3) NOT NULL,
  INDEX auth_ephemeral_expires_at (expires_at)
) CHARACTER SET utf8mb4;

CREATE TABLE auth_credentials (
  id           varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  user_id      varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  kind         varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- A character takes up to 3 bytes, or counts as two.
  `key`        varbinary(1536) NOT NULL,
  data         text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  version      int NOT NULL,
  created_at   datetime(3) NOT NULL,
  last_used_at datetime(3),
  expires_at   datetime(3),
  UNIQUE INDEX auth_credentials_kind_key (kind, `key`),
  INDEX auth_credentials_user_id (user_id, created_at, id)
) CHARACTER SET utf8mb4;
