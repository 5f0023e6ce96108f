import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntitySchema } from 'typeorm';

/** SQLite in the file DATABASE_FILE, which the app uses before and after the switch. */
export const database = (...entities: (EntitySchema<unknown> | (new () => object))[]) =>
  TypeOrmModule.forRootAsync({
    useFactory: () => ({
      type: 'sqljs' as const,
      location: process.env.DATABASE_FILE ?? '',
      autoSave: true,
      entities: entities as EntitySchema[],
      // In production, use a migration.
      synchronize: true,
      retryAttempts: 0,
    }),
  });
