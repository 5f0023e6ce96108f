// An app that people log in to, with the library's bound on hashing or without.
import 'reflect-metadata';
import { stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { AuthModule, AuthService, BcryptHasher, memoryStores, type PasswordHasher } from '@acme/nest-auth';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import bcrypt from 'bcrypt';
import { median } from '../harness/statistics.js';
import { offer, settingsOf } from '../harness/subject.js';
import { SECRETS } from '../harness/tokens.js';
import { PASSWORD } from '../login.js';

const { bounded, cost } = settingsOf<{ bounded: boolean; cost: number }>();

/** Like an app without the library: bcrypt's own promises, as many at a time as there are requests. */
class UnboundedHasher extends BcryptHasher implements PasswordHasher {
  override verify(password: string, hash: string): Promise<boolean> {
    return bcrypt.compare(password, hash);
  }
}

@Controller()
class GreetingController {
  @Get('greeting')
  greet() {
    return { greeting: 'hello' };
  }
}

const many = { points: 1_000_000, duration: '15m' };
const password = bounded
  ? { hasher: new BcryptHasher({ cost }) }
  : { hasher: new UnboundedHasher({ cost }), concurrency: 64, queue: 10_000 };

@Module({
  imports: [
    AuthModule.forRoot({
      ...memoryStores({ allowInProduction: true }),
      secrets: SECRETS,
      password,
      throttle: { account: many, address: many },
    }),
  ],
  controllers: [GreetingController],
})
class AppModule {}

/** Measures repeatedly how long the process waits for its file system. */
class StatProbe {
  readonly #times: number[] = [];
  readonly #timer = setInterval(() => void this.#ask(), 20);

  async #ask(): Promise<void> {
    const started = performance.now();
    await stat(process.execPath);
    this.#times.push(performance.now() - started);
  }

  stop(): number {
    clearInterval(this.#timer);
    return median(this.#times);
  }
}

let probe: StatProbe | undefined;

offer(async () => {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as import('node:http').Server;
  server.keepAliveTimeout = 0;
  const answer = await app.get(AuthService).register({ login: 'ann@example.org', password: PASSWORD });
  return {
    port: () => (server.address() as AddressInfo).port,
    token: () => ('access_token' in answer ? answer.access_token : ''),
    startStat: () => {
      probe = new StatProbe();
    },
    /** @returns the median in milliseconds */
    stopStat: () => probe?.stop(),
  };
});
