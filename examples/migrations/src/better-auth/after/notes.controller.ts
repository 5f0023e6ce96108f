import { CurrentUser } from '@acme/nest-auth';
import { Controller, Get } from '@nestjs/common';

@Controller('notes')
export class NotesController {
  @Get()
  mine(@CurrentUser('id') id: string) {
    return [`a note of ${id}`];
  }
}
