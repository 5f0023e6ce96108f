import { Module } from '@nestjs/common';
import { auth } from './auth.module.js';
import { NotesController } from './notes.controller.js';

@Module({ imports: [auth], controllers: [NotesController] })
export class AppAfter {}
