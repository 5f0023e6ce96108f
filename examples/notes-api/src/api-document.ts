import { createAuthDocument } from '@acme/nest-auth/openapi';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, type SwaggerCustomOptions } from '@nestjs/swagger';

const DESCRIPTION =
  'Log in here, and give the access token to *Authorize*. What you try here sends no cookies, so it does not use the session of the page at `/`.';

/** Every route of the app, with who may call it. */
export function apiDocument(app: INestApplication): OpenAPIObject {
  return createAuthDocument(app, new DocumentBuilder().setTitle('Notes').setDescription(DESCRIPTION).build());
}

/** The page of the document sends bearer tokens and no cookies: a request with both would be refused. */
export const apiDocumentPage: SwaggerCustomOptions = {
  swaggerOptions: {
    requestInterceptor: (request: RequestInit) => Object.assign(request, { credentials: 'omit' }),
  },
};
