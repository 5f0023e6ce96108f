import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** The users table. The switch does not change it. */
@Entity('users')
export class User {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', unique: true })
  username!: string;

  @Column({ type: 'varchar', nullable: true })
  email!: string | null;

  @Column({ type: 'varchar' })
  password!: string;

  @Column({ type: 'varchar', default: 'user' })
  role!: string;

  @Column({ type: 'boolean', default: true })
  isActive!: boolean;

  /** A digest of the one refresh token that is valid. The app after the switch only reads it. */
  @Column({ type: 'varchar', nullable: true })
  refreshToken!: string | null;
}
