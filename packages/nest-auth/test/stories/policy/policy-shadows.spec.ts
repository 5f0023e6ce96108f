import { createRequire } from 'node:module';
import { Public } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { list } from '../../support/policies/list.js';

const onExpress = process.env.HTTP !== 'fastify';

@Controller('notes')
class NotesController {
  @Get()
  bare() {
    return [];
  }
  @Public()
  @Post('open')
  open() {
    return {};
  }
  @Get('inherited')
  inherited() {
    return {};
  }
}

@Controller('users')
class UsersController {
  @Get(':id')
  one() {
    return 'one';
  }
  @Get('me')
  me() {
    return 'me';
  }
}

describe('a route that is never reached', () => {
  test('comes after one that takes its requests, if the order decides', async () => {
    const { findings } = await list({ controllers: [UsersController] });
    expect(findings.map(({ message }) => message)).toEqual(
      onExpress
        ? [
            'UsersController.me is never called for GET /users/me: GET /users/:id, which is registered before it, answers first.',
          ]
        : [],
    );
  });
});

// Fastify refuses two routes with one path itself, and prefers the more specific one.
if (onExpress)
  describe('a route of Express that is never reached', () => {
    test('comes after a handler that main.ts gave to Express', async () => {
      // The copy of Express that the platform uses.
      const express = createRequire(createRequire(import.meta.url).resolve('@nestjs/platform-express'))('express');
      const { findings } = await list({
        controllers: [UsersController, NotesController],
        configure: (app) => {
          const instance = app.getHttpAdapter().getInstance();
          app.use((_request: unknown, _response: unknown, next: () => void) => next());
          app.use(express.static('public'));
          app.use('/notes/inherited', express.static('public'));
          instance.get('/users/:name', (_request: unknown, response: { end(): void }) => response.end());
          instance.get('/notes', (_request: unknown, _response: unknown, next: () => void) => next());
          const router = express.Router();
          router.post('/open', (_request: unknown, response: { end(): void }) => response.end());
          app.use('/notes', router);
        },
      });
      const shadowed = findings.filter(({ code }) => code === 'shadowed').map(({ message }) => message);
      expect(shadowed.sort()).toEqual([
        'NotesController.inherited is never called for GET /notes/inherited: the static mount under /notes/inherited answers first.',
        'NotesController.open is never called for POST /notes/open: in a router under /notes, a route of Express, POST /open, answers first.',
        'UsersController.me is never called for GET /users/me: GET /users/:id, which is registered before it, answers first.',
        'UsersController.me is never called for GET /users/me: a route of Express, GET /users/:name, answers first.',
        'UsersController.one is never called for GET /users/:id: a route of Express, GET /users/:name, answers first.',
      ]);
    });

    test('is one of two with the same path', async () => {
      @Controller('users')
      class Again {
        @Get(':name')
        again() {
          return {};
        }
      }
      const { findings } = await list({ controllers: [UsersController, Again] });
      expect(findings.map(({ code, name }) => [code, name])).toEqual([
        ['shadowed', 'GET /users/me'],
        ['duplicate', 'GET /users/:name'],
      ]);
    });
  });
