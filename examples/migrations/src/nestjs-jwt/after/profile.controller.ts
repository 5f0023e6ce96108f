import { Public, Roles } from '@acme/nest-auth';
import { Controller, Get, Request } from '@nestjs/common';
import { type Payload, profileOf } from '../profile.js';

@Controller()
export class ProfileController {
  @Get('profile')
  profile(@Request() req: { user: Payload }) {
    return profileOf(req.user);
  }

  // Without a guard it was open to everybody. Now the decorator says so.
  @Public()
  @Get('health')
  health() {
    return 'up';
  }

  // Roles were in the table, but no handler could require one.
  @Roles('reader')
  @Get('reading')
  reading() {
    return 'a page';
  }
}
