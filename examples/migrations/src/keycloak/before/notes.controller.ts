import { Controller, Get, Request, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { Caller } from '../caller.js';
import { Roles, RolesGuard } from './roles.guard.js';

@UseGuards(AuthGuard('jwt'), RolesGuard)
@Controller('notes')
export class NotesController {
  @Get()
  mine(@Request() req: { user: Caller }) {
    return [`a note of ${req.user.username}, who is ${req.user.userId}`];
  }

  @Roles('editor')
  @Get('drafts')
  drafts() {
    return ['a draft'];
  }
}
