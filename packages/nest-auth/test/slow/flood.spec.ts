import { monitorEventLoopDelay } from 'node:perf_hooks';
import { BcryptHasher, Public } from '@acme/nest-auth';
import { afterEach, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { logIn, signUp, startApp, type TestApp } from '../support/app.js';
import { Client } from './client.js';

@Public()
@Controller()
class HealthController {
  @Get('health')
  health() {
    return 'ok';
  }
}

let app: TestApp;
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await app.close();
});

const newClient = () => {
  const client = new Client();
  clients.push(client);
  return client;
};

test('500 wrong logins at once: the event loop keeps turning, other routes answer, what is too much is 503, and the next login works', async () => {
  app = await startApp({
    controllers: [HealthController],
    options: { password: { hasher: new BcryptHasher({ cost: 10 }) } },
  });
  // On a busy machine, a connection may be idle for longer than Node would keep it open.
  app.app.getHttpServer().keepAliveTimeout = 120_000;
  const { email } = await signUp(app);
  const [prober, attacker] = [newClient(), newClient()];
  const health = { url: `${app.url}/health`, method: 'GET' as const };
  await prober.send('parallel', Array<typeof health>(100).fill(health));

  const logins = Array.from({ length: 500 }, (_, i) => ({
    url: `${app.url}/auth/login`,
    body: { email: i % 2 ? email : `user-${i}@example.org`, password: 'not the right passphrase' },
  }));
  // The server has been running for a while: its code is compiled, and the attacker's connections are open.
  await attacker.send('parallel', logins);

  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const probes = prober.send('probe', [health]);
  const flood = await attacker.send('parallel', logins);
  prober.stop();
  loop.disable();
  const latencies = (await probes)
    .map(({ status, ms }) => (status === 200 ? ms : Number.POSITIVE_INFINITY))
    .sort((a, b) => a - b);

  const refused = flood.filter(({ status }) => status === 503);
  expect([...new Set(flood.map(({ status }) => status))].sort()).toEqual([401, 503]);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers, text } of refused) {
    expect([Number(headers['retry-after']) > 0, JSON.parse(text).code]).toEqual([true, 'overloaded']);
  }
  expect(latencies.length).toBeGreaterThan(20);
  // The burst itself, 500 requests in one moment, passes through one thread like any other.
  expect(latencies[Math.floor(latencies.length / 2)]).toBeLessThan(100);
  expect(latencies.at(-1)).toBeLessThan(Number.POSITIVE_INFINITY);
  expect(loop.percentile(99) / 1e6).toBeLessThan(50);
  await logIn(app, email);
});
