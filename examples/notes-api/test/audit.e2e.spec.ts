import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Client, PASSWORD } from './client.js';
import { embedded } from './servers.js';

test('what happens to accounts is in data/audit.jsonl, which only its owner can read', async () => {
  const place = await embedded();
  try {
    const client = await Client.boot(place.environment);
    const email = 'audrey@example.org';
    await client.register(email);
    await client.call('POST', '/auth/login', { body: { email, password: 'a wrong passphrase' } });
    await client.close();
    const file = join(String(place.environment.DATA_DIR), 'audit.jsonl');
    const text = await readFile(file, 'utf8');
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.slice(0, 2).map(({ event }) => event)).toEqual(['registered', 'logged_in']);
    expect(records).toContainEqual(expect.objectContaining({ event: 'login_failed', login: email, ip: '127.0.0.1' }));
    expect(text).not.toContain(PASSWORD);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  } finally {
    await place.cleanUp();
  }
});
