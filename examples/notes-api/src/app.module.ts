import { AuthModule } from '@acme/nest-auth';
import { apiKeys } from '@acme/nest-auth/api-keys';
import { auditLog } from '@acme/nest-auth/audit-log';
import { emailVerification } from '@acme/nest-auth/email-verification';
import { inspector } from '@acme/nest-auth/inspector';
import { magicLink } from '@acme/nest-auth/magic-link';
import { notices } from '@acme/nest-auth/notices';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { social } from '@acme/nest-auth/social';
import { Module, StandardSchemaValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Strategy } from 'openid-client/passport';
import { DataSource } from 'typeorm';
import { ACME_ID, AcmeId } from './acme-id/acme-id.js';
import { AcmeIdModule } from './acme-id/acme-id.module.js';
import { socialOptions } from './acme-id/social-options.js';
import { auditSink } from './audit-sink.js';
import { cookies } from './cookies.js';
import { databaseOptions, openDatabase } from './database.js';
import { HealthController } from './health.controller.js';
import { mailer } from './mail.js';
import { NotesModule } from './notes/notes.module.js';
import { PageModule } from './page/page.module.js';
import { linkTo } from './page/page-url.js';
import { RedisConnection, RedisModule } from './redis.js';
import { secrets } from './secrets.js';
import { stores } from './stores.js';
import { FirstAdmin } from './users/first-admin.js';
import { registrationSchema } from './users/user.entity.js';

/** Only in development: in production it needs a policy. */
const tools = process.env.NODE_ENV === 'production' ? [] : [inspector()];

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      useFactory: () => ({ ...databaseOptions(), retryAttempts: 0 }),
      dataSourceFactory: (options) => openDatabase(options ?? databaseOptions()),
    }),
    RedisModule,
    AcmeIdModule,
    AuthModule.forRootAsync({
      features: [
        passwordReset(),
        notices(),
        emailVerification(),
        magicLink(),
        apiKeys(),
        auditLog(),
        social({ [ACME_ID]: Strategy }),
        ...tools,
      ],
      inject: [DataSource, RedisConnection, AcmeId],
      useFactory: (db: DataSource, redis: RedisConnection, acmeId: AcmeId) => ({
        ...stores(db, redis),
        secrets: secrets(),
        transport: 'both',
        cookies: cookies(),
        mailer: mailer(),
        auditLog: { sink: auditSink() },
        passwordReset: { page: linkTo('reset-password') },
        notices: { page: linkTo('security') },
        emailVerification: { page: linkTo('verify-email'), resetPage: linkTo('forgot-password'), required: false },
        magicLink: { page: linkTo('magic-link') },
        social: socialOptions(acmeId),
        register: { schema: registrationSchema },
        profile: ({ row, passwordHash }) => ({ displayName: row.displayName, hasPassword: passwordHash !== null }),
      }),
    }),
    NotesModule,
    PageModule,
  ],
  controllers: [HealthController],
  providers: [FirstAdmin, { provide: APP_PIPE, useValue: new StandardSchemaValidationPipe() }],
})
export class AppModule {}
