// Two apps: one issues access tokens, the other verifies them. `npm run start:resource-server` at the root runs both.
// The environment may say HTTP=fastify and PORT; the notes listen one port above it.
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { BcryptHasher } from '@acme/nest-auth';
import type { DynamicModule, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IssuerModule, stores } from './issuer.js';
import { NotesModule } from './notes.js';

const { HTTP, PORT = '3000' } = process.env;

/** @returns where it listens */
async function start(module: Type | DynamicModule, port: number): Promise<string> {
  const settings: NestApplicationOptions = { logger: ['error', 'warn'] };
  const app =
    HTTP === 'fastify'
      ? await NestFactory.create(module, new FastifyAdapter(), settings)
      : await NestFactory.create(module, settings);
  app.enableShutdownHooks();
  await app.listen(port, '127.0.0.1');
  return app.getUrl();
}

// Nobody can register as an admin: the first one is put into the store.
const adminPassword = randomBytes(12).toString('base64url');
await stores.userStore.create({
  login: 'admin@example.org',
  passwordHash: await new BcryptHasher().hash(adminPassword),
  roles: ['admin'],
  profile: {},
});

const auth = await start(IssuerModule, Number(PORT));
const notes = await start(NotesModule.withKeysOf(auth), Number(PORT) + 1);
console.log(tour());

/** Lines to paste into a shell, all at once or one after the other. */
function tour(): string {
  const ann = `'{"email":"ann@example.org","password":"a fine long passphrase"}'`;
  const admin = `'{"email":"admin@example.org","password":"${adminPassword}"}'`;
  return `
The issuer listens on ${auth}, the notes on ${notes} (${HTTP === 'fastify' ? 'Fastify' : 'Express'}). Paste these lines into a shell:

AUTH=${auth} NOTES=${notes} JSON='content-type: application/json' SHOW=' -> %{http_code}\\n'
pick() { sed -n 's/.*"'"$1"'":"\\([^"]*\\)".*/\\1/p'; }

echo '--- the public keys, which the notes have loaded'
curl -s -w "$SHOW" $AUTH/.well-known/jwks.json
echo '--- register at the issuer: 201 and tokens'
ACCESS=$(curl -s $AUTH/auth/register -H "$JSON" -d ${ann} | pick access_token); echo "$ACCESS"
echo '--- the notes know the caller: 201 and 200, and 401 without the token'
curl -s -w "$SHOW" $NOTES/notes -H "$JSON" -H "Authorization: Bearer $ACCESS" -d '{"text":"buy milk"}'
curl -s -w "$SHOW" $NOTES/notes -H "Authorization: Bearer $ACCESS"
curl -s -w "$SHOW" $NOTES/notes
echo '--- a token that was tampered with: 401'
curl -s -w "$SHOW" $NOTES/notes -H "Authorization: Bearer \${ACCESS}AAAA"
echo '--- a route for admins: 403 for a user, 200 for the admin'
curl -s -w "$SHOW" $NOTES/notes/all -H "Authorization: Bearer $ACCESS"
ADMIN=$(curl -s $AUTH/auth/login -H "$JSON" -d ${admin} | pick access_token)
curl -s -w "$SHOW" $NOTES/notes/all -H "Authorization: Bearer $ADMIN"
echo '--- nobody logs in at the notes: 404'
curl -s -w "$SHOW" -X POST $NOTES/auth/login
echo '--- after a logout the issuer refuses the token; the notes do not hear of it until it expires: 401 and 200'
curl -s -w "$SHOW" -X POST $AUTH/auth/logout -H "Authorization: Bearer $ACCESS"
curl -s -w "$SHOW" $AUTH/auth/me -H "Authorization: Bearer $ACCESS"
curl -s -w "$SHOW" $NOTES/notes -H "Authorization: Bearer $ACCESS"

Ctrl-C stops both.
`;
}
