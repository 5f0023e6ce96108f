import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For the features `emailVerification()` and `magicLink()`. Existing users have not verified their addresses. */
export class VerifiedAddresses1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users ADD COLUMN email_verified_at timestamptz(3)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users DROP COLUMN email_verified_at');
  }
}
