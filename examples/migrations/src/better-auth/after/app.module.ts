import { Module } from '@nestjs/common';
import { auth } from './auth.module.js';
import { NotesController } from './notes.controller.js';
import { OldSessions } from './old-sessions.js';

@Module({ imports: [auth], controllers: [NotesController, OldSessions] })
export class AppAfter {}
