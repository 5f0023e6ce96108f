// The smallest app that a user would write, and checks of what it relies on. Compiled and run once for each Nest
// version and module format.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { AuthModule, AuthService, CurrentUser, memoryStores, type Principal, Roles } from '@acme/nest-auth';
import { Argon2Hasher } from '@acme/nest-auth/argon2';
import { createAuthDocument } from '@acme/nest-auth/openapi';
import { actAs } from '@acme/nest-auth/testing';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder } from '@nestjs/swagger';

@Controller('notes')
class NotesController {
  // Injected by its type: the class that the app imports must be the class that the module provides.
  constructor(private readonly auth: AuthService) {}

  @Get()
  list(@CurrentUser() user: Principal) {
    return { user: user.id, injected: this.auth instanceof AuthService };
  }

  @Get('all')
  @Roles('admin')
  listAll() {
    return [];
  }
}

@Module({
  imports: [
    AuthModule.forRootAsync({
      useFactory: () => ({
        ...memoryStores(),
        secrets: {
          access: 'Zq3v9KfT1xUeB7mWcH5rYdN0sPgJ8LaQ2oIiXwEtR6uVkMbF',
          refresh: 'h4GyPnS7wLzD0cAvX9eQjU2mKtRb6FiYoT1NsW8xJqHgE5rC',
        },
        ttl: { access: '15m', refresh: '30d' },
      }),
    }),
  ],
  controllers: [NotesController],
})
class AppModule {}

async function main() {
  assert.equal(typeof Argon2Hasher, 'function');

  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const request = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  const registered = await request('/auth/register', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password: 'a long and quiet river at 5' }),
  });
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  const { access_token: token } = registered.body;
  assert.equal(typeof token, 'string');
  const signedIn = { headers: { authorization: `Bearer ${token}` } };

  const me = await request('/auth/me', signedIn);
  assert.equal(me.status, 200, JSON.stringify(me.body));

  const notes = await request('/notes', signedIn);
  assert.equal(notes.status, 200, JSON.stringify(notes.body));
  assert.equal(notes.body.injected, true);

  const anonymous = await request('/auth/me');
  assert.equal(anonymous.status, 401, JSON.stringify(anonymous.body));
  assert.equal(typeof anonymous.body.code, 'string');

  const forbidden = await request('/notes/all', signedIn);
  assert.equal(forbidden.status, 403, JSON.stringify(forbidden.body));

  // If a subpath loaded the root a second time, it would not find the module's services.
  const allowed = await request('/notes/all', { headers: await actAs(app, { id: '1', roles: ['admin'] }) });
  assert.equal(allowed.status, 200, JSON.stringify(allowed.body));

  const { paths } = createAuthDocument(app, new DocumentBuilder().build());
  assert.deepEqual(paths['/notes']?.get?.security, [{ bearer: [] }]);
  assert.match(paths['/notes/all']?.get?.description ?? '', /Roles: admin/);
  assert.deepEqual(paths['/auth/login']?.post?.security, []);
  assert.deepEqual(Object.keys(paths['/auth/login']?.post?.responses ?? {}), [
    '200',
    '400',
    '401',
    '409',
    '429',
    '503',
  ]);

  await app.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
