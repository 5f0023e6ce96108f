import { authEntities } from '@acme/nest-auth-typeorm';
import { Module } from '@nestjs/common';
import { database } from '../../database.js';
import { Account } from '../user.entity.js';
import { auth } from './auth.module.js';
import { ProfileController } from './profile.controller.js';

@Module({
  imports: [database(Account, ...authEntities('sqljs', { users: false })), auth],
  controllers: [ProfileController],
})
export class AppAfter {}
