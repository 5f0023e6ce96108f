import { Global, Module } from '@nestjs/common';
import { AcmeId } from './acme-id.js';

@Global()
@Module({
  providers: [{ provide: AcmeId, useFactory: () => AcmeId.open() }],
  exports: [AcmeId],
})
export class AcmeIdModule {}
