-- MariaDB 10.5 or later, MySQL 8.0.13 or later. Leave auth_users out when the app has a users table of its own.
-- Times are UTC. Text is compared exactly: under the usual collations 'josé' would find 'jose'.

CREATE TABLE auth_users (
  id                char(36) COLLATE utf8mb4_bin NOT NULL,
  login             varchar(254) COLLATE utf8mb4_bin NOT NULL,
  password_hash     varchar(255) COLLATE utf8mb4_bin,
  roles             json NOT NULL,
  permissions       json,
  email_verified_at datetime(3),
  disabled_at       datetime(3),
  created_at        datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
  PRIMARY KEY (id),
  UNIQUE INDEX auth_users_login (login)
) ENGINE = InnoDB;

CREATE TABLE auth_sessions (
  id                  char(36) COLLATE utf8mb4_bin NOT NULL,
  user_id             varchar(64) COLLATE utf8mb4_bin NOT NULL,
  secret_hash         varchar(64) COLLATE utf8mb4_bin NOT NULL,
  generation          int NOT NULL,
  created_at          datetime(3) NOT NULL,
  rotated_at          datetime(3) NOT NULL,
  expires_at          datetime(3) NOT NULL,
  absolute_expires_at datetime(3) NOT NULL,
  revoked_at          datetime(3),
  user_agent          text COLLATE utf8mb4_bin,
  ip                  varchar(64) COLLATE utf8mb4_bin,
  methods             varchar(263) COLLATE utf8mb4_bin NOT NULL,
  authenticated_at    datetime(3) NOT NULL,
  remember            tinyint NOT NULL,
  actor_id            varchar(64) COLLATE utf8mb4_bin,
  PRIMARY KEY (id),
  INDEX auth_sessions_user_id (user_id, revoked_at, created_at, id),
  INDEX auth_sessions_absolute_expires_at (absolute_expires_at),
  INDEX auth_sessions_revoked_at (revoked_at)
) ENGINE = InnoDB;

-- Keys are bytes: utf8mb4_bin still takes 'a ' for 'a'. A character takes up to 3 of them, or counts as two.
CREATE TABLE auth_ephemeral (
  `key`      varbinary(765) NOT NULL,
  value      text COLLATE utf8mb4_bin NOT NULL,
  expires_at datetime(3) NOT NULL,
  PRIMARY KEY (`key`),
  INDEX auth_ephemeral_expires_at (expires_at)
) ENGINE = InnoDB;

CREATE TABLE auth_credentials (
  id           char(36) COLLATE utf8mb4_bin NOT NULL,
  user_id      varchar(255) COLLATE utf8mb4_bin NOT NULL,
  kind         varchar(32) COLLATE utf8mb4_bin NOT NULL,
  `key`        varbinary(1536) NOT NULL,
  data         text COLLATE utf8mb4_bin NOT NULL,
  version      int NOT NULL,
  created_at   datetime(3) NOT NULL,
  last_used_at datetime(3),
  expires_at   datetime(3),
  PRIMARY KEY (id),
  UNIQUE INDEX auth_credentials_kind_key (kind, `key`),
  INDEX auth_credentials_user_id (user_id, created_at, id)
) ENGINE = InnoDB;
