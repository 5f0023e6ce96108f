import { createAuthDocument } from '@acme/nest-auth/openapi';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject } from '@nestjs/swagger';

/** Every route of the app, with who may call it. */
export function apiDocument(app: INestApplication): OpenAPIObject {
  return createAuthDocument(app, new DocumentBuilder().setTitle('Notes').build());
}
