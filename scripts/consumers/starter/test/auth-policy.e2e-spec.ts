// toMatchAuthPolicy() in the runner of the starter, with the lockfile that `npx nest-auth policy` has written.
import { Public } from '@acme/nest-auth';
import { toMatchAuthPolicy } from '@acme/nest-auth/testing';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppController } from './../src/app.controller.js';
import { AppService } from './../src/app.service.js';
import { authentication } from '../src/authentication.js';
import { createApp } from '../src/create-app.js';
import { NotesController } from '../src/notes.module.js';

expect.extend({ toMatchAuthPolicy });

/** The app as it is after somebody has opened a route. */
@Controller('notes')
class OpenNotesController extends NotesController {
  @Public()
  @Get()
  override list() {
    return { user: '', injected: false };
  }
}

@Module({
  imports: [authentication],
  controllers: [AppController, OpenNotesController],
  providers: [AppService],
})
class OpenedModule {}

const PREVIEW = { preview: true, logger: false, abortOnError: false } as const;

describe('the lockfile of the app', () => {
  it('is that of its routes', async () => {
    expect(await createApp(PREVIEW)).toMatchAuthPolicy();
  });

  it('does not match an app with a newly opened route, and the failure names the route', async () => {
    const opened = await NestFactory.create(OpenedModule, PREVIEW);
    expect(opened).not.toMatchAuthPolicy();
    expect(() => expect(opened).toMatchAuthPolicy()).toThrow(
      /not those of auth-policy\.json:\n\n- GET \/notes: authenticated\n\+ GET \/notes: public\n\nIf this is meant/,
    );
  });

  it('fails with .not for an app that matches', async () => {
    const app = await createApp(PREVIEW);
    expect(() => expect(app).not.toMatchAuthPolicy('auth-policy.json')).toThrow(
      'The policies are those of auth-policy.json.',
    );
  });
});
