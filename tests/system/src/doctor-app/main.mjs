// An app that development accepts and production refuses, for several reasons.
import 'reflect-metadata';
import { AuthModule, ConsoleMailer, memoryStores } from '@acme/nest-auth';
import { inspector } from '@acme/nest-auth/inspector';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const useFactory = () => ({
  ...memoryStores(),
  mailer: new ConsoleMailer(),
  secrets: { access: process.env.ACCESS, refresh: process.env.REFRESH },
  transport: 'cookie',
  cookies: { secure: false },
});

class AppModule {}
Module({ imports: [AuthModule.forRootAsync({ features: [inspector()], useFactory })] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write('It listens.\n');
