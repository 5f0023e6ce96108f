import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { database } from '../../database.js';
import { Account } from '../user.entity.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { ProfileController } from './profile.controller.js';

@Module({
  imports: [
    database(Account),
    TypeOrmModule.forFeature([Account]),
    JwtModule.registerAsync({
      useFactory: () => ({ secret: process.env.JWT_SECRET ?? '', signOptions: { expiresIn: '1d' } }),
    }),
  ],
  controllers: [AuthController, ProfileController],
  providers: [AuthService],
})
export class AppBefore {}
