import { Authenticated, AuthModule, Public, Roles } from '@acme/nest-auth';
import { Controller, Delete, Get, Inject, Module, Post } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { Database, DatabaseModule } from './database.module.js';

@Controller()
class HealthController {
  @Public()
  @Get('health')
  check() {
    return {};
  }
}

@Controller({ path: 'notes', version: '1' })
class NotesController {
  constructor(@Inject(Database) readonly database: Database) {}

  @(process.env.OPEN ? Public() : Authenticated())
  @Get()
  list() {
    return [];
  }
  @Post()
  create() {
    return {};
  }
  @Roles('admin', 'editor')
  @Delete(':id')
  remove() {
    return {};
  }
}

@Module({ imports: [DatabaseModule], controllers: [NotesController] })
class NotesModule {}

@Module({
  imports: [
    DatabaseModule,
    AuthModule.forRootAsync({
      imports: [DatabaseModule],
      routes: false,
      inject: [Database],
      useFactory: () => {
        throw new Error('the options were made');
      },
    }),
    NotesModule,
    RouterModule.register([{ path: 'team', module: NotesModule }]),
  ],
  controllers: [HealthController],
})
export class AppModule {}
