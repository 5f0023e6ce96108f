import { afterAll, beforeAll, expect } from '@jest/globals';
import { Client } from './client.js';
import { type Environment, embedded, type Place } from './servers.js';
import { Traveller } from './traveller.js';

export const CALLBACK = 'http://localhost:3000/auth/login/acme-id/callback';

/** Starts apps of a spec one after the other, on one database. */
export function appsOfOnePlace(): (more: () => Environment) => () => { readonly client: Client; readonly url: string } {
  let place: Place;
  beforeAll(async () => {
    place = await embedded();
  });
  afterAll(() => place?.cleanUp());
  return (more) => {
    let client: Client;
    let url: string;
    const before = { ...process.env };
    beforeAll(async () => {
      client = await Client.boot({ ...place.environment, ...more() });
      url = await client.app.getUrl();
    });
    afterAll(async () => {
      await client?.close();
      process.env = before;
    });
    return () => ({ client, url });
  };
}

/** Logs a browser in at Acme ID. */
export async function logIn(url: string, address: string) {
  const traveller = new Traveller('http://localhost:3000', url);
  const asked = await traveller.go('/auth/login/acme-id?transport=cookie');
  expect(asked.text).toContain('<h1>Acme ID</h1>');
  return { traveller, asked, back: await traveller.send(asked.address, { email: address }) };
}
