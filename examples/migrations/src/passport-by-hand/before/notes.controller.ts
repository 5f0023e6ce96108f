import { Controller, Get, Param, ParseIntPipe, Request, UseGuards } from '@nestjs/common';
import { type OldUser, OwnerGuard } from '../owner.guard.js';
import { Public } from './jwt-auth.guard.js';
import { Roles } from './roles.guard.js';

@Controller('notes')
export class NotesController {
  @Public()
  @Get('count')
  count() {
    return { count: 2 };
  }

  @Get()
  mine(@Request() req: { user: OldUser }) {
    return [`a note of ${req.user.username}, who is number ${req.user.userId}`];
  }

  @UseGuards(OwnerGuard)
  @Get('of/:userId')
  of(@Param('userId', ParseIntPipe) userId: number) {
    return [`a note of number ${userId}`];
  }

  @Roles('admin')
  @Get('all')
  all() {
    return ['a note of everybody'];
  }
}
