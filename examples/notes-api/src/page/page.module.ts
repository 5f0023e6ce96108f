import { Module } from '@nestjs/common';
import { AcmeId } from '../acme-id/acme-id.js';
import { PageController } from './page.controller.js';
import { PageFiles, pageFiles } from './page-files.js';

/** The page at `/`, a client of the API like any other. */
@Module({
  controllers: [PageController],
  providers: [{ provide: PageFiles, inject: [AcmeId], useFactory: ({ loginUrl }: AcmeId) => pageFiles(loginUrl) }],
})
export class PageModule {}
