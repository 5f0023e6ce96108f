// `npm start` at the root runs this. The environment may say HTTP=fastify, PORT, DATABASE_URL, REDIS_URL, DATA_DIR,
// ADMIN_PASSWORD, AUTH_ACCESS_SECRET, AUTH_REFRESH_SECRET, APP_URL, SMTP_URL, INSECURE_COOKIES=1, and ACME_ID_PORT, or
// ACME_ID_ISSUER, ACME_ID_CLIENT_ID and ACME_ID_CLIENT_SECRET.
import 'reflect-metadata';
import { SwaggerModule } from '@nestjs/swagger';
import { AcmeId } from './acme-id/acme-id.js';
import { apiDocument, apiDocumentPage } from './api-document.js';
import { createApp } from './create-app.js';
import { tour } from './tour.js';
import { FirstAdmin } from './users/first-admin.js';

const app = await createApp({ logger: ['fatal', 'error', 'warn'] });
SwaggerModule.setup('docs', app, () => apiDocument(app), apiDocumentPage);
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
app.useLogger(['fatal', 'error', 'warn', 'log']);
console.log(tour(await app.getUrl(), app.get(FirstAdmin), app.get(AcmeId)));
