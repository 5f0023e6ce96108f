// A service that only verifies: no users, no sessions, no secrets.
import { AuthModule, CurrentUser, type Principal, Public, Roles } from '@acme/nest-auth';
import { Body, Controller, type DynamicModule, Get, Module, Post } from '@nestjs/common';
import { ISSUER } from './issuer.js';

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

@Module({ controllers: [NotesController] })
export class NotesModule {
  static withKeysOf(issuerUrl: string): DynamicModule {
    const auth = AuthModule.forResourceServer({
      jwksUri: `${issuerUrl}/.well-known/jwks.json`,
      issuer: ISSUER,
      audience: 'notes',
      maxAge: '15m',
    });
    return { module: NotesModule, imports: [auth] };
  }
}
