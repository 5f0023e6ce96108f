// A whole app in one file, on memory stores; `npm run start:quick` at the root runs it. The environment may say
// HTTP=fastify, PORT, GRACE (seconds, such as 5s), AUTH_ACCESS_SECRET and AUTH_REFRESH_SECRET.
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { AuthModule, BcryptHasher, CurrentUser, memoryStores, type Principal, Public, Roles } from '@acme/nest-auth';
import { Body, Controller, Get, Module, type NestApplicationOptions, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

const { HTTP, PORT = '3000', GRACE, AUTH_ACCESS_SECRET, AUTH_REFRESH_SECRET } = process.env;
const random = (bytes: number) => randomBytes(bytes).toString('base64url');
const stores = memoryStores();

// Authentication needs only this module, and a decorator on each route that is not simply private.
const auth = AuthModule.forRoot({
  ...stores,
  secrets: { access: AUTH_ACCESS_SECRET ?? random(32), refresh: AUTH_REFRESH_SECRET ?? random(32) },
  ttl: { access: '15m', refresh: '30d', grace: GRACE ?? '60s' },
});

@Controller('notes')
class NotesController {
  readonly #notes: { readonly by: string; readonly text: string }[] = [];

  @Public()
  @Get('count')
  count() {
    return { count: this.#notes.length };
  }

  @Get()
  mine(@CurrentUser() caller: Principal) {
    return this.#notes.filter(({ by }) => by === caller.id);
  }

  @Post()
  add(@CurrentUser('id') by: string, @Body() { text }: { readonly text?: unknown }) {
    const note = { by, text: String(text) };
    this.#notes.push(note);
    return note;
  }

  @Roles('admin')
  @Get('all')
  all() {
    return this.#notes;
  }
}

@Module({ imports: [auth], controllers: [NotesController] })
class AppModule {}

const settings: NestApplicationOptions = { logger: ['error', 'warn'] };
const app =
  HTTP === 'fastify'
    ? await NestFactory.create(AppModule, new FastifyAdapter(), settings)
    : await NestFactory.create(AppModule, settings);
app.enableShutdownHooks();

// Nobody can register as an admin: the first one is put into the store.
const adminPassword = random(12);
await stores.userStore.create({
  login: 'admin@example.org',
  passwordHash: await new BcryptHasher().hash(adminPassword),
  roles: ['admin'],
  profile: {},
});

await app.listen(PORT, '127.0.0.1');
console.log(tour(await app.getUrl()));

/** Lines to paste into a shell, all at once or one after the other. */
function tour(url: string): string {
  const ann = `'{"email":"ann@example.org","password":"a fine long passphrase"}'`;
  const admin = `'{"email":"admin@example.org","password":"${adminPassword}"}'`;
  return `
Listening on ${url} (${HTTP === 'fastify' ? 'Fastify' : 'Express'}). Paste these lines into a shell:

URL=${url} JSON='content-type: application/json' SHOW=' -> %{http_code}\\n'
pick() { sed -n 's/.*"'"$1"'":"\\([^"]*\\)".*/\\1/p'; }

echo '--- register: 201 and tokens'
curl -s -w "$SHOW" $URL/auth/register -H "$JSON" -d ${ann}
echo '--- log in: 200; a second session, as if on another device'
TOKENS=$(curl -s $URL/auth/login -H "$JSON" -d ${ann}); echo "$TOKENS"
ACCESS=$(echo "$TOKENS" | pick access_token) FIRST=$(echo "$TOKENS" | pick refresh_token)
echo '--- me: 200, and 401 without the token'
curl -s -w "$SHOW" $URL/auth/me -H "Authorization: Bearer $ACCESS"
curl -s -w "$SHOW" $URL/auth/me
echo '--- notes: one route is public, the others are private'
curl -s -w "$SHOW" $URL/notes -H "$JSON" -H "Authorization: Bearer $ACCESS" -d '{"text":"buy milk"}'
curl -s -w "$SHOW" $URL/notes/count
echo '--- refresh: 200 and the successor of the refresh token'
TOKENS=$(curl -s $URL/auth/refresh -H "$JSON" -d '{"refresh_token":"'$FIRST'"}'); echo "$TOKENS"
SECOND=$(echo "$TOKENS" | pick refresh_token)
echo '--- refresh with the old token again: inside the grace window the answer is the same successor'
AGAIN=$(curl -s $URL/auth/refresh -H "$JSON" -d '{"refresh_token":"'$FIRST'"}' | pick refresh_token)
[ "$AGAIN" = "$SECOND" ] && echo 'the same' || echo 'another'
echo '--- a route for admins: 403 for a user, 200 for the admin'
curl -s -w "$SHOW" $URL/notes/all -H "Authorization: Bearer $ACCESS"
ADMIN=$(curl -s $URL/auth/login -H "$JSON" -d ${admin} | pick access_token)
curl -s -w "$SHOW" $URL/notes/all -H "Authorization: Bearer $ADMIN"
echo '--- sessions: two, one of them the current'
curl -s -w "$SHOW" $URL/auth/sessions -H "Authorization: Bearer $ACCESS"
echo '--- log out: 204, and the access token ends with the session: 401 token_revoked'
curl -s -w "$SHOW" -X POST $URL/auth/logout -H "Authorization: Bearer $ACCESS"
curl -s -w "$SHOW" $URL/auth/me -H "Authorization: Bearer $ACCESS"
${replay(ann)}
The admin is admin@example.org, password ${adminPassword}. Ctrl-C stops the app.
`;
}

/** Waiting makes sense only if the grace window is short. */
function replay(ann: string): string {
  if (GRACE === undefined) return '\nTo see a replay end its session, start with GRACE=5s: more lines will be printed.';
  return `echo '--- a replay: an old token that comes back after the grace window ends its session'
FIRST=$(curl -s $URL/auth/login -H "$JSON" -d ${ann} | pick refresh_token)
SECOND=$(curl -s $URL/auth/refresh -H "$JSON" -d '{"refresh_token":"'$FIRST'"}' | pick refresh_token)
sleep ${Number.parseInt(GRACE, 10) + 1}
curl -s -w "$SHOW" $URL/auth/refresh -H "$JSON" -d '{"refresh_token":"'$FIRST'"}'
curl -s -w "$SHOW" $URL/auth/refresh -H "$JSON" -d '{"refresh_token":"'$SECOND'"}'
`;
}
