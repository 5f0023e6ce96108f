import { Module } from '@nestjs/common';
import { PageController } from './page.controller.js';
import { PageFiles, pageFiles } from './page-files.js';

/** The page at `/`, a client of the API like any other. */
@Module({
  controllers: [PageController],
  providers: [{ provide: PageFiles, useFactory: pageFiles }],
})
export class PageModule {}
