import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntitySchema } from 'typeorm';

/** SQLite in the file DATABASE_FILE, which the app before the switch hands to the one after it. */
export const database = (...entities: (EntitySchema<unknown> | (new () => object))[]) =>
  TypeOrmModule.forRootAsync({
    useFactory: () => ({
      type: 'sqljs' as const,
      location: process.env.DATABASE_FILE ?? '',
      autoSave: true,
      entities: entities as EntitySchema[],
      // In an app that is in production, a migration.
      synchronize: true,
      retryAttempts: 0,
    }),
  });
