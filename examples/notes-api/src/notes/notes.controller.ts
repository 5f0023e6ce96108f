import { Authenticated, CurrentUser, Roles } from '@acme/nest-auth';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  ParseUUIDPipe,
  Post,
  Put,
} from '@nestjs/common';
import { type NoteBody, noteSchema } from './note.entity.js';
import { NotesService } from './notes.service.js';

const isId = new ParseUUIDPipe({ errorHttpStatusCode: HttpStatus.NOT_FOUND });

@Controller('notes')
export class NotesController {
  constructor(@Inject(NotesService) private readonly notes: NotesService) {}

  @Post()
  create(@CurrentUser('id') owner: string, @Body({ schema: noteSchema }) { text }: NoteBody) {
    return this.notes.create(owner, text);
  }

  /** The only route that takes API keys too. */
  @Authenticated('jwt', 'api-key')
  @Get()
  mine(@CurrentUser('id') owner: string) {
    return this.notes.mine(owner);
  }

  @Roles('admin')
  @Get('all')
  all() {
    return this.notes.all();
  }

  @Get(':id')
  one(@CurrentUser('id') owner: string, @Param('id', isId) id: string) {
    return this.notes.one(owner, id);
  }

  @Put(':id')
  update(
    @CurrentUser('id') owner: string,
    @Param('id', isId) id: string,
    @Body({ schema: noteSchema }) { text }: NoteBody,
  ) {
    return this.notes.update(owner, id, text);
  }

  @HttpCode(HttpStatus.NO_CONTENT)
  @Delete(':id')
  delete(@CurrentUser('id') owner: string, @Param('id', isId) id: string) {
    return this.notes.delete(owner, id);
  }
}
