import { Module } from '@nestjs/common';
import { database } from '../../database.js';
import { User } from '../user.entity.js';
import { AuthModule } from './auth.module.js';
import { NotesController } from './notes.controller.js';

@Module({ imports: [database(User), AuthModule], controllers: [NotesController] })
export class AppBefore {}
