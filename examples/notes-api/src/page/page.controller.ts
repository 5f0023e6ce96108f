import { Public } from '@acme/nest-auth';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { PageFiles } from './page-files.js';

/** Paths of the page's views; the page itself shows the right one. Notes are at `/`, because `/notes` is the API's. */
const VIEWS = [
  '/',
  'login',
  'magic-link',
  'register',
  'verify-email',
  'forgot-password',
  'reset-password',
  'security',
  'all-notes',
];

@ApiExcludeController()
@Public()
@Controller()
export class PageController {
  constructor(@Inject(PageFiles) private readonly files: PageFiles) {}

  @Header('Content-Type', 'text/html; charset=utf-8')
  @Get(VIEWS)
  html() {
    return this.files.html;
  }

  @Header('Content-Type', 'text/javascript; charset=utf-8')
  @Get('page.js')
  script() {
    return this.files.script;
  }

  @Header('Content-Type', 'text/css; charset=utf-8')
  @Get('styles.css')
  styles() {
    return this.files.styles;
  }

  @Header('Content-Type', 'image/svg+xml')
  @Get('icon.svg')
  icon() {
    return this.files.icon;
  }
}
