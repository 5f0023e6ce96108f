import { randomUUID } from 'node:crypto';
import { CredentialStore, EphemeralStore, SessionStore, UserStore } from '@acme/nest-auth';
import type { INestApplicationContext, InjectionToken } from '@nestjs/common';
import type { Report } from './report.js';

/** The meaning of error codes of PostgreSQL, MariaDB, MySQL, Prisma and Node. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [
    /\b(42P01|ER_NO_SUCH_TABLE|P2021)\b/,
    'its table is missing: run the migration of the adapter (migrations/ of the package)',
  ],
  [
    /\b(42703|ER_BAD_FIELD_ERROR|P2022)\b/,
    'its table lacks a column: compare it with the migration of the adapter (migrations/ of the package)',
  ],
  [/\b(ECONNREFUSED|ENOTFOUND|P1001)\b/, 'the database does not answer: is it running, and is its address right?'],
  [/\b(28P01|28000|ER_ACCESS_DENIED_ERROR|P1000)\b/, 'the database does not accept the user or the password'],
  [/\b(3D000|ER_BAD_DB_ERROR|P1003)\b/, 'the database is missing: create it'],
  [/\b(42501|ER_TABLEACCESS_DENIED_ERROR)\b/, 'the user of the database may not read its table: grant it'],
];

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
    const codes = codesOf(error);
    const meaning = MEANINGS.find(([code]) => code.test(codes))?.[1];
    return { name, problem: `The ${name} fails${meaning ? `: ${meaning}` : ''} (${codes}).` };
  }
}

/** Names and codes of an error and its causes. Messages are left out, because drivers quote values. */
function codesOf(error: unknown): string {
  const { name, code, cause } = Object(error) as { readonly name?: string; readonly code?: string; cause?: unknown };
  const own = [name, code].filter((part) => typeof part === 'string').join(' ');
  return cause === undefined ? own : `${own}, caused by ${codesOf(cause)}`;
}

/** What the user store says about its table. A store that fails is reported above. */
async function diagnoses(app: INestApplicationContext): Promise<readonly string[]> {
  const users: UserStore = app.get(UserStore, { strict: false });
  return (async () => (await users.diagnose?.()) ?? [])().catch(() => []);
}
