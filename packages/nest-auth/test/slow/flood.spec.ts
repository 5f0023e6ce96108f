import { Public } from '@acme/nest-auth';
import { afterEach, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { logIn, signUp, startApp, type TestApp } from '../app.js';
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

test('500 wrong logins at once: other routes answer within 100 ms, what is too much is 503, and the next login works', async () => {
  app = await startApp({ controllers: [HealthController] });
  const { email } = await signUp(app);
  const [prober, attacker] = [newClient(), newClient()];
  const health = { url: `${app.url}/health`, method: 'GET' as const };
  await prober.send('parallel', Array<typeof health>(100).fill(health));

  const logins = Array.from({ length: 500 }, (_, i) => ({
    url: `${app.url}/auth/login`,
    body: { email: i % 2 ? email : `user-${i}@example.org`, password: 'not the right passphrase' },
  }));
  // A server that has been running for a while: its code is compiled, and the attacker's connections stand.
  for (let i = 0; i < 3; i++) await attacker.send('parallel', logins);

  const probes = prober.send('probe', [health]);
  const flood = await attacker.send('parallel', logins);
  prober.stop();
  const latencies = (await probes)
    .map(({ status, ms }) => (status === 200 ? ms : Number.POSITIVE_INFINITY))
    .sort((a, b) => a - b);

  process.stderr.write(`DEBUG ${latencies.length} ${[0.5,0.9,0.95,0.99,1].map(q=>latencies[Math.min(latencies.length-1,Math.floor(latencies.length*q))]!.toFixed(0))} flood ${[0,0.5,0.9,0.999].map(q=>flood.map(f=>f.ms).sort((a,b)=>a-b)[Math.floor(500*q)]!.toFixed(0))} ${flood.filter(f=>f.status===401).length}\n`);
  const refused = flood.filter(({ status }) => status === 503);
  expect([...new Set(flood.map(({ status }) => status))].sort()).toEqual([401, 503]);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers, text } of refused) {
    expect([Number(headers['retry-after']) > 0, JSON.parse(text).code]).toEqual([true, 'overloaded']);
  }
  expect(latencies.length).toBeGreaterThan(20);
  expect(latencies[Math.floor(latencies.length * 0.99)]).toBeLessThan(100);
  await logIn(app, email);
}, 60_000);
