import { Controller, Get, Request, UseGuards } from '@nestjs/common';
import { AuthGuard } from './auth.guard.js';

@UseGuards(AuthGuard)
@Controller('notes')
export class NotesController {
  @Get()
  mine(@Request() req: { user: { id: string } }) {
    return [`a note of ${req.user.id}`];
  }
}
