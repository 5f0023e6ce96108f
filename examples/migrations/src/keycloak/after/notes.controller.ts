import { Roles } from '@acme/nest-auth';
import { Controller, Get, Request } from '@nestjs/common';
import type { Caller } from '../caller.js';

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
