// An app's own tests, in the runner that its starter brings. They use the runner's globals, as the starter's do.
import { Argon2Hasher } from '@acme/nest-auth/argon2';
import { AuthTestingModule, actAs } from '@acme/nest-auth/testing';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import type { App } from 'supertest/types.js';
import { AppModule } from './../src/app.module.js';
import { NotesModule } from '../src/notes.module.js';

const ada = { email: 'ada@example.com', password: 'a long and quiet river at 5' };

let app: INestApplication<App>;

async function start(...imports: NonNullable<ModuleMetadata['imports']>): Promise<void> {
  const fixture = await Test.createTestingModule({ imports }).compile();
  app = fixture.createNestApplication();
  await app.init();
}

afterEach(async () => {
  await app.close();
});

describe('the app, with its own AuthModule', () => {
  beforeEach(() => start(AppModule), 60_000);

  it('runs on the Node version that the matrix says', () => {
    expect(process.version).toBe(process.env.EXPECTED_NODE_VERSION);
  });

  it('refuses who did not log in, and says why', async () => {
    const { body } = await request(app.getHttpServer()).get('/notes').expect(401);
    expect(typeof body.code).toBe('string');
  });

  it('lets in whom the test acts as', async () => {
    const headers = await actAs(app, { id: '1' });
    const { body } = await request(app.getHttpServer()).get('/notes').set(headers).expect(200);
    expect(body).toEqual({ user: '1', injected: true });
  });

  it('asks for the role', async () => {
    const server = app.getHttpServer();
    await request(server)
      .get('/notes/all')
      .set(await actAs(app, { id: '1' }))
      .expect(403);
    await request(server)
      .get('/notes/all')
      .set(await actAs(app, { id: '1', roles: ['admin'] }))
      .expect(200);
  });

  it('registers, logs in, refreshes and logs out', async () => {
    const server = app.getHttpServer();
    await request(server).post('/auth/register').send(ada).expect(201);
    const login = await request(server).post('/auth/login').send(ada).expect(200);

    const { refresh_token } = login.body;
    const refreshed = await request(server).post('/auth/refresh').send({ refresh_token }).expect(200);

    const headers = { authorization: `Bearer ${refreshed.body.access_token}` };
    await request(server).get('/auth/me').set(headers).expect(200);
    await request(server).post('/auth/logout').set(headers).expect(204);
    await request(server).get('/auth/me').set(headers).expect(401);
    await request(server).post('/auth/refresh').send({ refresh_token: refreshed.body.refresh_token }).expect(401);
  });
});

describe('a module of the app, with the AuthTestingModule', () => {
  it('lets in whom the test acts as', async () => {
    await start(AuthTestingModule.forRoot(), NotesModule);
    await request(app.getHttpServer())
      .get('/notes')
      .set(await actAs(app, { id: '1' }))
      .expect(200);
  });

  it('takes the hasher of the subpath', async () => {
    await start(AuthTestingModule.forRoot({ password: { hasher: new Argon2Hasher() } }));
    await request(app.getHttpServer()).post('/auth/register').send(ada).expect(201);
    await request(app.getHttpServer()).post('/auth/login').send(ada).expect(200);
  });
});
