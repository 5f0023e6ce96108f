import type { TypeOrmUser } from '@acme/nest-auth-typeorm';
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { z } from 'zod';
import { line } from '../text.js';

@Entity('users')
export class User {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'text', unique: true })
  email!: string;

  @Column({ type: 'text', name: 'password_hash', nullable: true, select: false })
  passwordHash!: string | null;

  @Column({ type: 'timestamptz', name: 'email_verified_at', precision: 3, nullable: true })
  emailVerifiedAt!: Date | null;

  @Column({ type: 'text', array: true, default: [] })
  roles!: string[];

  @Column({ type: 'text', name: 'display_name' })
  displayName!: string;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}

/** What a registration has besides the address and the password. */
export const registrationSchema = z.object({ displayName: line(80) });

declare module '@acme/nest-auth' {
  interface Register {
    user: TypeOrmUser<User>;
    role: 'admin';
  }
}
