import { AuthModule, JwtAuthGuard, listPolicies, memoryStores } from '@acme/nest-auth';
import { expect, test } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { SECRETS } from '../../support/app.js';

@WebSocketGateway()
class Feed {
  @SubscribeMessage('send')
  send() {}
}

@Controller()
class Messages {
  @MessagePattern({ cmd: 'sum' })
  sum() {
    return 1;
  }
}

test.each([true, false])(
  'an app that was not built shows whether its messages are guarded for sure; globalGuard: %s',
  async (globalGuard) => {
    const auth = AuthModule.forRoot({ globalGuard, ...memoryStores(), secrets: SECRETS });
    const own = globalGuard ? [] : [{ provide: APP_GUARD, useExisting: JwtAuthGuard }];
    const preview = await NestFactory.create(
      { module: class {}, imports: [auth], controllers: [Messages], providers: [Feed, ...own] },
      { preview: true, logger: false, abortOnError: false },
    );
    const messages = listPolicies(preview).entries.filter(({ kind }) => kind !== 'http');
    expect(messages.map(({ name, guards }) => [name, guards.some(({ enforces }) => enforces)])).toEqual([
      ['pattern {"cmd":"sum"}', globalGuard],
      ['ws / message send', globalGuard],
    ]);
  },
);
