import { isBetterAuthThere } from '../better-auth.js';
import { type GUARDS, WARM_TOKENS } from '../guards.js';
import { Child, stopAll } from '../harness/child.js';
import { cycle, get, Load, type Requests } from '../harness/load.js';
import { figure, spread, table } from '../harness/markdown.js';
import { atLeast, atMost, type Findings, type Goal, type Run, type Runtime, reason } from '../harness/section.js';
import { isReachable, REDIS_URL } from '../harness/servers.js';
import { median, quantile, shuffled } from '../harness/statistics.js';
import { mint, mintAll } from '../harness/tokens.js';
import { API_KEY, BEARER, BOTH, CLOSED, COLD, COOKIE, LINE_UPS, type LineUp, type Variant, WARM } from '../line-ups.js';

const PLATFORMS = ['express', 'fastify'] as const;
type Platform = (typeof PLATFORMS)[number];

/** The results of a variant, by slices. */
interface Contestant {
  readonly variant: Variant;
  /** Requests per second. */
  readonly rates: number[];
  /** Microseconds of processor time per request. */
  readonly costs: number[];
}

/** A server of a variant, under load. */
interface Server {
  readonly contestant: Contestant;
  readonly child: Child;
  readonly load: Load;
  readonly requests: (expected: number) => Requests;
}

interface Outcome {
  readonly runtime: Runtime;
  readonly platform: Platform;
  /** For each line-up, the variants that took part in all of its rounds. */
  readonly lineUps: readonly (readonly Contestant[])[];
}

/** Slices are short, so that other work of the machine slows all variants alike. */
const SLICE_MS = 80;
const WARM_UP_MS = 800;
/**
 * MiB of new space, from the start. Otherwise V8 shrinks it while a server waits for its turn, and it grows again only
 * by chance: 2 to 4 µs a request, whatever the guard.
 */
const NEW_SPACE = ['--min-semi-space-size=16'];

export async function http({ quick, nodes, log }: Run): Promise<Findings> {
  const skipped: string[] = [];
  const lineUps = await present(skipped);
  const outcomes: Outcome[] = [];
  for (const runtime of nodes) {
    for (const platform of PLATFORMS) {
      log(`http: ${platform} on ${runtime.name}`);
      const played: Contestant[][] = [];
      for (const lineUp of lineUps) {
        const { generations, rounds } = quick ? { generations: 1, rounds: 6 } : lineUp;
        const contestants = lineUp.variants.map((variant): Contestant => ({ variant, rates: [], costs: [] }));
        for (let generation = 0; generation < generations; generation++) {
          const servers = await startAll(contestants, platform, runtime, skipped);
          try {
            await compete(servers, { warmUp: quick ? 1000 : 5000, rounds });
          } finally {
            for (const { load } of servers) load.close();
            await stopAll(servers.map(({ child }) => child));
          }
        }
        played.push(contestants.filter(({ rates }) => rates.length === generations * rounds));
      }
      outcomes.push({ runtime, platform, lineUps: played });
    }
  }
  return { text: describe(lineUps, outcomes), goals: outcomes.flatMap(goalsOf), skipped: [...new Set(skipped)] };
}

async function present(skipped: string[]): Promise<readonly LineUp[]> {
  const missing = new Set<keyof typeof GUARDS>();
  if (!isBetterAuthThere()) {
    missing.add('better-auth, cookie cache');
    skipped.push('better-auth: it could not be installed');
  }
  if (!(await isReachable(REDIS_URL))) {
    missing.add('ours, strict on Redis');
    skipped.push("`revocation: 'strict'`: there is no Redis");
  }
  return LINE_UPS.map((lineUp) => ({
    ...lineUp,
    variants: lineUp.variants.filter(({ guard }) => !missing.has(guard)),
  }));
}

async function startAll(
  contestants: readonly Contestant[],
  platform: Platform,
  runtime: Runtime,
  skipped: string[],
): Promise<Server[]> {
  const started = contestants.map((contestant) =>
    start(contestant, platform, runtime).catch((error: unknown) => {
      skipped.push(`${contestant.variant.name} (${platform}, ${runtime.name}): ${reason(error)}`);
      return [];
    }),
  );
  return (await Promise.all(started)).flat();
}

async function start(contestant: Contestant, platform: Platform, { path }: Runtime): Promise<Server> {
  const { variant } = contestant;
  const child = await Child.start('http-app', { guard: variant.guard, platform }, { node: path, flags: NEW_SPACE });
  try {
    const load = await Load.connect(await child.call<number>('port'), { awake: true });
    const credentials = await child.call<string[] | undefined>('credentials');
    return { contestant, child, load, requests: await requestsOf(variant, credentials) };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

async function requestsOf({ everyTokenNew }: Variant, credentials: string[] | undefined) {
  const request = (header: string) => get('/greeting', [header]);
  const bearer = (token: string) => request(`Authorization: Bearer ${token}`);
  if (everyTokenNew) return (expected: number) => fresh(expected, bearer);
  const requests = cycle(credentials?.map(request) ?? mintAll(WARM_TOKENS).map(bearer));
  return () => requests;
}

/** As many new tokens as a slice is likely to take are made before it begins; the rest while it runs. */
function fresh(expected: number, bearer: (token: string) => Buffer): Requests {
  const ready = mintAll(Math.ceil(expected)).map(bearer);
  return () => ready.pop() ?? bearer(mint(0));
}

async function compete(servers: readonly Server[], { warmUp, rounds }: { warmUp: number; rounds: number }) {
  for (const server of servers) await warm(server, warmUp);
  for (let round = 0; round < rounds; round++) {
    for (const server of shuffled(servers)) await measure(server);
  }
}

/** By requests, not by time: V8 compiles functions that are called often, and a slow server is called rarely. */
async function warm({ load, requests }: Server, least: number): Promise<void> {
  for (let done = 0; done < least; ) done += (await load.slice(requests(0), WARM_UP_MS)).answers;
}

async function measure({ contestant: { rates, costs }, child, load, requests }: Server): Promise<void> {
  const likely = ((rates.at(-1) ?? 0) * SLICE_MS * 1.3) / 1000;
  const next = requests(likely);
  const before = await child.call<number>('cpu');
  const { answers, elapsed } = await load.slice(next, SLICE_MS);
  const after = await child.call<number>('cpu');
  rates.push((answers / elapsed) * 1000);
  costs.push((after - before) / answers);
}

/** Compares each round with the average of others: throughput as a share, and the additional processor time. */
function against(bases: readonly Contestant[], { rates, costs }: Contestant) {
  const mean = (round: number, of: 'rates' | 'costs') =>
    bases.reduce((sum, base) => sum + (base[of][round] as number), 0) / bases.length;
  return {
    ratios: rates.map((rate, round) => rate / mean(round, 'rates')),
    added: costs.map((cost, round) => cost - mean(round, 'costs')),
  };
}

/** Compares it with the bare apps of its line-up, except itself. */
function againstBare({ lineUps }: Outcome, one: Contestant) {
  const lineUp = lineUps.find((contestants) => contestants.includes(one)) ?? [];
  return against(
    lineUp.filter((other) => other !== one && other.variant.guard === 'bare'),
    one,
  );
}

function find(contestants: readonly Contestant[], name: string): Contestant | undefined {
  return contestants.find(({ variant }) => variant.name === name);
}

function describe(lineUps: readonly LineUp[], outcomes: readonly Outcome[]): string {
  const columns = outcomes.map(
    ({ platform, runtime }) => `${platform === 'express' ? 'Express' : 'Fastify'}, ${runtime.name}`,
  );
  const names = new Set(lineUps.flatMap(({ variants }) => variants.map(({ name }) => name)));
  const rows = (cell: (outcome: Outcome, one: Contestant) => string) =>
    [...names].map((name) => [
      name,
      ...outcomes.map((outcome) => {
        const one = find(outcome.lineUps.flat(), name);
        return one ? cell(outcome, one) : '–';
      }),
    ]);
  const relative = rows((outcome, one) => {
    const { ratios, added } = againstBare(outcome, one);
    return `${spread(ratios)} / ${figure(median(added))}`;
  });
  const absolute = rows((_, { rates, costs }) => `${figure(quantile(rates, 0.75))} / ${figure(quantile(costs, 0.25))}`);
  return [
    '## One authenticated GET over HTTP',
    `One trivial route, 50 connections, slices of ${SLICE_MS} ms in random order over servers that are all up, one process each. Those down to fast-jwt take turns with each other and are started ${lineUps[0]?.generations} times. The next take turns with a bare app of their own, and so do the last, by bearer, by cookie and by API key, which are started ${lineUps.at(-1)?.generations} times.`,
    'All have 16 MiB of new space from the start (`--min-semi-space-size=16`): left alone, V8 shrinks it while a server waits for its turn, and some never get it back.',
    'Throughput as a share of the same app without a guard, slice against slice of one round: median (middle half) / processor time that the guard adds, in µs a request.',
    table(['', ...columns], relative),
    'In absolute terms, best quartile: requests/s / µs of processor time a request.',
    table(['', ...columns], absolute),
  ].join('\n\n');
}

const LIMITS: Record<Platform, Record<'old' | 'new', { warm: number; cold: number; guides: number }>> = {
  express: { old: { warm: 0.95, cold: 0.82, guides: 4.5 }, new: { warm: 0.92, cold: 0.82, guides: 2.5 } },
  fastify: { old: { warm: 0.9, cold: 0.62, guides: 10 }, new: { warm: 0.92, cold: 0.62, guides: 3 } },
};

function goalsOf(outcome: Outcome): Goal[] {
  const { platform, runtime } = outcome;
  const [near = [], peers = [], transports = []] = outcome.lineUps;
  const { warm, cold, guides } = LIMITS[platform][runtime.name.startsWith('Node 20') ? 'old' : 'new'];
  const where = `${platform}, ${runtime.name}`;
  const goals: Goal[] = [];
  const ours = find(near, WARM.name);
  if (ours) {
    const { ratios, added } = againstBare(outcome, ours);
    goals.push(atLeast(`warm GET, roles and revocation included, of bare (${where})`, warm, median(ratios)));
    if (platform === 'fastify') goals.push(atMost(`µs that the guard adds (${where})`, 2.5, median(added)));
  }
  const first = find(near, COLD.name);
  if (first) goals.push(atLeast(`cold GET of bare (${where})`, cold, median(againstBare(outcome, first).ratios)));
  const beside = find(peers, WARM.name);
  const times = (what: string, limit: number, name: string) => {
    const other = find(peers, name);
    if (!beside || !other) return;
    goals.push(atLeast(`warm GET against ${what}, times (${where})`, limit, median(against([other], beside).ratios)));
  };
  times("the guides' stack", guides, "`AuthGuard('jwt')` of the guides, string");
  times('the same with a KeyObject', platform === 'fastify' ? 1.5 : 1.3, "`AuthGuard('jwt')`, KeyObject");
  times("better-auth's cookie cache", platform === 'fastify' ? 7 : 3, 'better-auth, cookie cache');
  const bearer = find(transports, BEARER.name);
  const share = (limit: number, name: string) => {
    const other = find(transports, name);
    if (!bearer || !other) return;
    goals.push(atLeast(`${name}, of by bearer (${where})`, limit, median(against([bearer], other).ratios)));
  };
  share(0.9, COOKIE.name);
  for (const { name } of [BOTH, CLOSED]) share(0.97, name);
  const key = find(transports, API_KEY.name);
  if (bearer && key && platform === 'fastify') {
    const { added } = against([bearer], key);
    goals.push(atMost(`µs that a key costs beyond a token (${where})`, 10, median(added)));
  }
  return goals;
}
