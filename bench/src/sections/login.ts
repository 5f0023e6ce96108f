import { availableParallelism } from 'node:os';
import { Child, stopAll } from '../harness/child.js';
import { cycle, Load, post } from '../harness/load.js';
import { figure, spread, table } from '../harness/markdown.js';
import { atLeast, atMost, type Findings, type Goal, type Run } from '../harness/section.js';
import { median, quantile } from '../harness/statistics.js';
import { CREDENTIALS } from '../login.js';

interface Answer {
  readonly status: number;
  readonly took: number;
}

/** The library's default. */
const CONCURRENCY = Math.min(availableParallelism(), 3);
/** In milliseconds: a GET each 5, and in a flood a login each 5 as well, some twenty times what can be hashed. */
const EVERY = 5;

export async function login(run: Run): Promise<Findings> {
  const [rate, flood] = [await throughput(run), await floods(run)];
  return {
    text: ['## Logins', rate.text, flood.text].join('\n\n'),
    goals: [...rate.goals, ...flood.goals],
    skipped: [],
  };
}

async function throughput({ quick, log }: Run) {
  const cost = quick ? 10 : 12;
  log(`login: throughput at cost ${cost}`);
  const app = await Child.start('login-app', { bounded: true, cost });
  const raw = await Child.start('raw-bcrypt', { cost });
  const load = await Load.connect(await app.call('port'), { connections: 4 * CONCURRENCY });
  const next = cycle([post('/auth/login', CREDENTIALS)]);
  const window = quick ? 1500 : 5000;
  const samples = { raw: [] as number[], again: [] as number[], ours: [] as number[] };
  const oneOurs = async () => {
    const { answers, elapsed } = await load.slice(next, window);
    return (answers / elapsed) * 1000;
  };
  const oneRaw = () => raw.call<number>('slice', window, CONCURRENCY);
  await load.slice(next, 500);
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    samples.raw.push(await oneRaw());
    samples.ours.push(await oneOurs());
    samples.again.push(await oneRaw());
  }
  load.close();
  await stopAll([app, raw]);

  const share = (own: readonly number[]) => own.map((rate, round) => rate / (samples.raw[round] as number));
  const row = (name: string, own: readonly number[]) => [name, spread(share(own)), figure(median(own))];
  const rows = [
    row('bcrypt.compare alone', samples.raw),
    row('the same again (the control)', samples.again),
    row('POST /auth/login', samples.ours),
  ];
  const text = `bcrypt at cost ${cost}, ${CONCURRENCY} at a time, windows of ${window / 1000} s in turn: share (middle half), logins/s.\n\n${table(['', 'share', 'per second'], rows)}`;
  return { text, goals: [atLeast('logins of raw bcrypt', 0.95, median(share(samples.ours)))] };
}

interface Flooded {
  /** How long each GET took, in milliseconds. */
  readonly idle: number[];
  readonly flooded: number[];
  readonly stat: number[];
  readonly statuses: Map<number, number>;
}

async function floods({ quick, log }: Run) {
  const [window, rounds] = quick ? [1500, 1] : [5000, 3];
  const rows: string[][] = [];
  const goals: Goal[] = [];
  for (const bounded of [true, false]) {
    log(`login: flood ${bounded ? 'with' : 'without'} the bound`);
    const { idle, flooded, stat, statuses } = await floodOf(bounded, window, rounds);
    const percentiles = (times: readonly number[]) =>
      [0.5, 0.95, 0.99].map((share) => figure(quantile(times, share))).join(' / ');
    const seen = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ') || 'all wait';
    rows.push([
      bounded ? 'bounded (the library)' : 'without the bound, in bcrypt’s own pool',
      percentiles(idle),
      percentiles(flooded),
      figure(median(stat)),
      seen,
    ]);
    if (!bounded) continue;
    const worse = quantile(flooded, 0.99) / quantile(idle, 0.99);
    goals.push(
      atMost('p99 of an authenticated GET in a login flood, times idle', 1.5, worse),
      atMost('fs.stat median in a login flood, ms', 1, median(stat)),
      atLeast('503s beyond the queue', 1, statuses.get(503) ?? 0),
    );
  }
  const head = ['', 'idle, ms (p50 / p95 / p99)', 'in the flood, ms', 'fs.stat median, ms', 'logins'];
  const text = `An authenticated GET each ${EVERY} ms beside ${1000 / EVERY} logins a second, from processes of their own; bcrypt at cost 12:\n\n${table(head, rows)}`;
  return { text, goals };
}

async function floodOf(bounded: boolean, window: number, rounds: number): Promise<Flooded> {
  const app = await Child.start('login-app', { bounded, cost: 12 });
  const [prober, attacker] = [await Child.start('client', {}), await Child.start('client', {})];
  const port = await app.call<number>('port');
  const headers = { Authorization: `Bearer ${await app.call<string>('token')}` };
  const probe = async () => {
    const answers = await prober.call<Answer[]>(
      'send',
      { port, method: 'GET', path: '/greeting', headers },
      EVERY,
      window,
    );
    return answers.map(({ status, took }) => (status === 200 ? took : Number.POSITIVE_INFINITY));
  };
  const attack = { port, method: 'POST', path: '/auth/login', headers: {}, body: CREDENTIALS };
  const found: Flooded = { idle: [], flooded: [], stat: [], statuses: new Map() };
  // The first run is slower.
  await probe();
  for (let round = 0; round < rounds; round++) {
    found.idle.push(...(await probe()));
    const flood = attacker.call<Answer[]>('send', attack, EVERY, window);
    await app.call('startStat');
    found.flooded.push(...(await probe()));
    found.stat.push(await app.call<number>('stopStat'));
    // Without a bound it would take minutes to answer all of them, so one round is enough, and the bench does not wait.
    if (!bounded) {
      flood.catch(() => undefined);
      break;
    }
    for (const { status } of await flood) found.statuses.set(status, (found.statuses.get(status) ?? 0) + 1);
  }
  await stopAll([app, prober, attacker]);
  return found;
}
