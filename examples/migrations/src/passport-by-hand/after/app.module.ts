import { authEntities } from '@acme/nest-auth-typeorm';
import { Module } from '@nestjs/common';
import { database } from '../../database.js';
import { User } from '../user.entity.js';
import { auth } from './auth.module.js';
import { NotesController } from './notes.controller.js';

@Module({
  imports: [database(User, ...authEntities('sqljs', { users: false })), auth],
  controllers: [NotesController],
})
export class AppAfter {}
