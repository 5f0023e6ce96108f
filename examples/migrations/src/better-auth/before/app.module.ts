import { Module } from '@nestjs/common';
import { AuthController } from './auth.controller.js';
import { NotesController } from './notes.controller.js';

@Module({ controllers: [AuthController, NotesController] })
export class AppBefore {}
