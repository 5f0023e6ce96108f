import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Initial1760000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        email         text NOT NULL CONSTRAINT users_email UNIQUE,
        password_hash text,
        roles         text[] NOT NULL DEFAULT '{}',
        display_name  text NOT NULL,
        created_at    timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE notes (
        id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        owner_id   uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        text       text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX notes_owner ON notes (owner_id, created_at)');

    // Copied from migrations/postgres.sql of @acme/nest-auth-typeorm.
    await runner.query(`
      CREATE TABLE auth_sessions (
        id                  uuid PRIMARY KEY,
        user_id             varchar(64) NOT NULL,
        secret_hash         varchar(64) NOT NULL,
        generation          integer NOT NULL,
        created_at          timestamptz(3) NOT NULL,
        rotated_at          timestamptz(3) NOT NULL,
        expires_at          timestamptz(3) NOT NULL,
        absolute_expires_at timestamptz(3) NOT NULL,
        revoked_at          timestamptz(3),
        user_agent          text,
        ip                  varchar(64),
        methods             varchar(263) NOT NULL,
        authenticated_at    timestamptz(3) NOT NULL,
        remember            boolean NOT NULL,
        actor_id            varchar(64)
      ) WITH (fillfactor = 80)`);
    await runner.query(
      'CREATE INDEX auth_sessions_user_id ON auth_sessions (user_id, created_at, id) WHERE revoked_at IS NULL',
    );
    await runner.query('CREATE INDEX auth_sessions_absolute_expires_at ON auth_sessions (absolute_expires_at)');
    await runner.query(
      'CREATE INDEX auth_sessions_revoked_at ON auth_sessions (revoked_at) WHERE revoked_at IS NOT NULL',
    );
    await runner.query(`
      CREATE TABLE auth_ephemeral (
        key        varchar(255) PRIMARY KEY,
        value      text NOT NULL,
        expires_at timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE INDEX auth_ephemeral_expires_at ON auth_ephemeral (expires_at)');
    await runner.query(`
      CREATE TABLE auth_credentials (
        id           uuid PRIMARY KEY,
        user_id      varchar(255) NOT NULL,
        kind         varchar(32) NOT NULL,
        key          varchar(512) NOT NULL,
        data         text NOT NULL,
        version      integer NOT NULL,
        created_at   timestamptz(3) NOT NULL,
        last_used_at timestamptz(3),
        expires_at   timestamptz(3)
      )`);
    await runner.query('CREATE UNIQUE INDEX auth_credentials_kind_key ON auth_credentials (kind, key)');
    await runner.query('CREATE INDEX auth_credentials_user_id ON auth_credentials (user_id, created_at, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE auth_credentials, auth_ephemeral, auth_sessions, notes, users');
  }
}
