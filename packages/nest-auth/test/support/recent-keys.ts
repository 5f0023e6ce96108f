import { RequireRecent } from '@acme/nest-auth';
import { Body, Controller, Get, Post } from '@nestjs/common';

/** Routes of an app that require a login of the last five minutes. */
@RequireRecent('5m')
@Controller('keys')
export class RecentKeysController {
  @Get()
  list() {
    return ['k1'];
  }

  @Post()
  add(@Body() body: object) {
    return body;
  }
}
