import { Controller, Get, Request, UseGuards } from '@nestjs/common';
import { type Payload, profileOf } from '../profile.js';
import { AuthGuard } from './auth.guard.js';

@Controller()
export class ProfileController {
  @UseGuards(AuthGuard)
  @Get('profile')
  profile(@Request() req: { user: Payload }) {
    return profileOf(req.user);
  }

  @Get('health')
  health() {
    return 'up';
  }
}
