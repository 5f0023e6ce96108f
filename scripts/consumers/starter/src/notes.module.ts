import { AuthService, CurrentUser, type Principal, Roles } from '@acme/nest-auth';
import { Controller, Get, Module } from '@nestjs/common';

@Controller('notes')
export class NotesController {
  // Injected by its type: the class that the app imports must be the class that the module provides.
  constructor(private readonly auth: AuthService) {}

  @Get()
  list(@CurrentUser() user: Principal) {
    return { user: user.id, injected: this.auth instanceof AuthService };
  }

  @Get('all')
  @Roles('admin')
  listAll() {
    return [];
  }
}

@Module({ controllers: [NotesController] })
export class NotesModule {}
