import { Public } from '@acme/nest-auth';
import { Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import { PAGE } from './pages.js';

/** The files that the page loads. */
export const servedBy = { client: '' };

@Public()
@Controller()
export class PageController {
  @Get()
  @Header('Content-Type', 'text/html')
  page(): string {
    return PAGE;
  }

  @Get('client.js')
  @Header('Content-Type', 'text/javascript')
  client(): string {
    return servedBy.client;
  }

  @Get('favicon.ico')
  @HttpCode(204)
  icon(): void {}
}

@Controller('notes')
export class NotesController {
  @Get()
  list(): string[] {
    return [];
  }

  @Post()
  add(): object {
    return {};
  }
}
