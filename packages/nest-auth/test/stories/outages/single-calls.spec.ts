import { createAuthDocument } from '@acme/nest-auth/openapi';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DocumentBuilder } from '@nestjs/swagger';
import { ACCOUNT_CASES } from '../../support/outages/account-cases.js';
import { type Case, outcome } from '../../support/outages/case.js';
import { CREDENTIAL_CASES } from '../../support/outages/credential-cases.js';
import type { Fault } from '../../support/outages/faults.js';
import { LOGIN_CASES } from '../../support/outages/login-cases.js';
import { type Outages, startOutages } from '../../support/outages/world.js';

/** Every route, in every way in which it calls stores. */
const CASES = [...ACCOUNT_CASES, ...LOGIN_CASES, ...CREDENTIAL_CASES];
/** Those that hang take a second each. */
const AT_ONCE: Readonly<Record<Fault, number>> = { throws: 8, hangs: 60 };
/** What no failed request may show. */
const SECRET = /access_token|refresh_token|"key"|nar_|nak_|ECONNREFUSED|code=/;

let world: Outages;
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeAll(async () => {
  process.on('unhandledRejection', note);
  world = await startOutages();
});
afterAll(async () => {
  process.off('unhandledRejection', note);
  await world.close();
});

interface Failing {
  readonly given: Case;
  readonly calls: readonly string[];
  readonly failing: number;
  /** The answer without a failure. */
  readonly usual: string;
}

/** A request for each call that each route makes. */
async function everyCall(): Promise<Failing[]> {
  const all: Failing[] = [];
  for (const given of CASES) {
    const send = await given.made(world);
    await world.settled();
    const { headers, calls } = world.faults.next();
    const usual = outcome(await send().set(headers));
    expect(`${given.route} ${given.what ?? ''}: ${usual}`).toMatch(/: (20|30)\d( #\w*code)?$/);
    all.push(...calls.map((_, failing) => ({ given, calls: [...calls], failing, usual })));
  }
  return all;
}

/** @returns what is wrong with the answers, if anything */
async function fails({ given, calls, failing, usual }: Failing, fault: Fault): Promise<string | undefined> {
  const { route, what = '', made, done, unnoticed = [] } = given;
  const call = calls[failing] ?? '';
  const send = await made(world);
  await world.settled();
  const watched = world.faults.next(failing, fault);
  const answer = await send().set(watched.headers);
  await world.settled();
  const again = outcome(await send());
  const isDone = done !== undefined && calls.includes(done[0]) && calls.lastIndexOf(done[0]) < failing;
  const isUnnoticed = unnoticed.includes(call) && failing > calls.length / 2;
  const got = [outcome(answer), isUnnoticed || again];
  const wanted = [isUnnoticed ? usual : '503 store_unavailable', isUnnoticed || (isDone ? done[1] : usual)];
  const shown = isUnnoticed ? '' : (SECRET.exec(`${answer.text} ${answer.headers.location}`)?.[0] ?? '');
  const isMade = watched.calls[failing] === call;
  if (isMade && shown === '' && String(got) === String(wanted)) return undefined;
  return `${route} ${what}, call ${failing} ${call}${isMade ? '' : ' (not made)'}: ${got} and not ${wanted} ${shown}`;
}

test.each(['throws', 'hangs'] as const)(
  'whichever call %s, the answer is 503, and the same request does afterwards what it should have done',
  async (fault) => {
    const queue = await everyCall();
    expect(queue.length).toBeGreaterThan(300);
    const wrong: string[] = [];
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const found = await fails(next, fault);
        if (found !== undefined) wrong.push(found);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE[fault] }, work));
    expect(wrong).toEqual([]);
    expect(unhandled).toEqual([]);
    expect(world.logged.filter((line) => /nar_|nak_|eyJ|\$fake\$/.test(line))).toEqual([]);
  },
);

test('no route of any feature is left out', () => {
  const { paths } = createAuthDocument(world.app, new DocumentBuilder().build());
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const called = new Set(CASES.map(({ route }) => route));
  // It asks no store.
  called.add('GET /.well-known/jwks.json');
  expect(routes.sort()).toEqual([...called].sort());
});
