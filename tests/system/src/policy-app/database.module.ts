import { Injectable, Module } from '@nestjs/common';

/** Providers that throw when they are built. */
@Injectable()
export class Settings {
  constructor() {
    throw new Error('the settings were built');
  }
  get(name: string): string {
    return name;
  }
}

@Injectable()
export class Database {
  constructor() {
    throw new Error('the database was connected');
  }
}

@Module({
  providers: [Settings, Database, { provide: 'pool', useFactory: () => new Database() }],
  exports: [Settings, Database],
})
export class DatabaseModule {}
