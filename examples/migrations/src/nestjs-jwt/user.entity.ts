import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** The users table. The switch does not change it. */
@Entity('accounts')
export class Account {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'varchar', unique: true })
  email!: string;

  @Column({ type: 'varchar', nullable: true })
  passwordHash!: string | null;

  @Column({ type: 'simple-array', default: '' })
  roles!: string[];

  @Column({ type: 'datetime', nullable: true })
  disabledAt!: Date | null;
}
