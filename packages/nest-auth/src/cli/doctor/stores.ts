import { randomUUID } from 'node:crypto';
import { CredentialStore, EphemeralStore, SessionStore, UserStore } from '@acme/nest-auth';
import type { INestApplicationContext, InjectionToken } from '@nestjs/common';
import { explained } from './database-errors.js';
import type { Report } from './report.js';

interface Probe {
  readonly name: string;
  readonly token: InjectionToken;
  /** Reads a row that does not exist, so only a problem of the table can make it fail. */
  readonly read: (store: never) => Promise<unknown>;
}

const PROBES: readonly Probe[] = [
  {
    name: 'UserStore',
    token: UserStore,
    read: (store: UserStore) => store.findByLogin(`${randomUUID()}@doctor.invalid`),
  },
  { name: 'SessionStore', token: SessionStore, read: (store: SessionStore) => store.find(randomUUID()) },
  { name: 'EphemeralStore', token: EphemeralStore, read: (store: EphemeralStore) => store.get(randomUUID()) },
  {
    name: 'CredentialStore',
    token: CredentialStore,
    read: (store: CredentialStore) => store.find('doctor', randomUUID()),
  },
];

/** Asks each store for a row that does not exist, to see whether its table works. */
export async function storesOf(app: INestApplicationContext): Promise<Report> {
  const outcomes = await Promise.all(PROBES.map((probe) => probed(probe, app)));
  const diagnosed = await diagnoses(app);
  return {
    facts: Object.fromEntries(outcomes.map(({ name, problem }) => [name, problem === undefined ? 'answers' : 'fails'])),
    problems: [...outcomes.flatMap(({ problem }) => problem ?? []), ...diagnosed],
  };
}

async function probed({ name, token, read }: Probe, app: INestApplicationContext) {
  try {
    await read(app.get(token, { strict: false }) as never);
    return { name, problem: undefined };
  } catch (error) {
    return { name, problem: `The ${name} fails${explained(error)}.` };
  }
}

/** What the user store reports about its table. `probed` reports a store that fails. */
async function diagnoses(app: INestApplicationContext): Promise<readonly string[]> {
  const users: UserStore = app.get(UserStore, { strict: false });
  return (async () => (await users.diagnose?.()) ?? [])().catch(() => []);
}
