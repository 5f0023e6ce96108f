import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { JwtStrategy } from './jwt.strategy.js';
import { NotesController } from './notes.controller.js';

@Module({ imports: [PassportModule], controllers: [NotesController], providers: [JwtStrategy] })
export class AppBefore {}
