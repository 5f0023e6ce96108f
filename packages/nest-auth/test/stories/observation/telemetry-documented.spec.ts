import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuthEvents } from '@acme/nest-auth';
import { telemetry } from '@acme/nest-auth/telemetry';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { context, metrics, trace } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { runDocumented } from '../../support/documented.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { startSdk, treeOf } from '../../support/open-telemetry.js';

const PAGE = 'docs/guides/telemetry.md';
const text = readFileSync(join(import.meta.dirname, '../../../../..', PAGE), 'utf8');

let close: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of close) await one();
  close = [];
  jest.restoreAllMocks();
});

/** An app in which every metric has a value: one hash runs, one waits, and one was refused. */
async function busyApp(): Promise<TestApp> {
  const hasher = new FakeHasher();
  const app = await startApp({
    features: [telemetry()],
    options: { password: { hasher, concurrency: 1, queue: 1 }, revocation: 'eventual' },
  });
  close.push(app.close);
  const { email, refresh, access } = await signUp(app);
  await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(200);
  await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
  await app.as(access).post('/auth/logout').expect(204);
  const full = new Promise<void>((resolve) => app.app.get(AuthEvents).on('overloaded', () => resolve()));
  hasher.beforeHash = () => full;
  const register = (name: string) =>
    app.http.post('/auth/register').send({ email: `${name}@a.org`, password: PASSWORD });
  await Promise.all(['ann', 'bob', 'eve'].map(register));
  return app;
}

test('the SDK of the guide writes spans and metrics to the console', async () => {
  const written: string[] = [];
  jest.spyOn(console, 'dir').mockImplementation((value: unknown) => void written.push(JSON.stringify(value)));
  const { tracers, meters } = await runDocumented<{ tracers: NodeTracerProvider; meters: MeterProvider }>(
    PAGE,
    'ConsoleSpanExporter',
  );
  close.push(async () => {
    await Promise.all([tracers.shutdown(), meters.shutdown()]);
    for (const api of [trace, metrics, context]) api.disable();
  });
  await busyApp();
  await meters.forceFlush();
  expect(written.filter((line) => line.includes('"name":"auth.login"'))).toHaveLength(1);
  expect(written.filter((line) => line.includes('"name":"auth.decisions"'))).toHaveLength(1);
});

/** In the format of the guide. */
function drawn(nodes: readonly unknown[], indent = ''): string[] {
  return nodes.flatMap((node, index) => {
    const [name, below] = Array.isArray(node) ? (node as [string, unknown[]]) : [String(node), []];
    const isLast = index === nodes.length - 1;
    return [`${indent}${isLast ? '└─' : '├─'} ${name}`, ...drawn(below, `${indent}${isLast ? '   ' : '│  '}`)];
  });
}

test('the guide draws the spans of a first login, in their order', async () => {
  const sdk = startSdk();
  close.push(sdk.stop);
  const app = await startApp({ features: [telemetry()] });
  close.push(app.close);
  const { email } = await signUp(app);
  sdk.spans.reset();
  await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(200);
  const [login] = treeOf(sdk.spans.getFinishedSpans()) as [[string, unknown[]]];
  const [, tree = ''] = /```text\n(auth\.login\n[\s\S]*?)```/.exec(text) ?? [];
  expect([login[0], ...drawn(login[1])]).toEqual(tree.trimEnd().split('\n'));
});

describe('the tables of the guide name', () => {
  const cells = (head: string) =>
    (text.split(`| ${head} |`)[1] ?? '')
      .split('\n\n')[0]
      ?.split('\n')
      .filter((row) => row.startsWith('| `'))
      .map((row) => row.split(' | ').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name))) ?? [];

  test('each span, each metric with its unit and attributes, and no others', async () => {
    const sdk = startSdk();
    close.push(sdk.stop);
    await busyApp();
    const spans = sdk.spans.getFinishedSpans();
    const ofLibrary = new Set(spans.map(({ name }) => name).filter((name) => name.startsWith('auth.')));
    const rows = cells('span').map(([name]) => name?.[0] ?? '');
    expect(rows.filter((name) => name.startsWith('auth.')).sort()).toEqual([...ofLibrary].sort());
    const documented = cells('attribute').map(([name]) => name?.[0]);
    for (const name of spans.flatMap(({ attributes }) => Object.keys(attributes))) expect(documented).toContain(name);
    const table = cells('metric').map(([name, unit, , attributes = []]) => ({
      name: name?.[0],
      unit: unit?.[0],
      attributes,
    }));
    const scopes = (await sdk.collected()).flatMap((scope) => scope.metrics);
    expect(scopes.map(({ descriptor }) => [descriptor.name, descriptor.unit]).sort()).toEqual(
      table.map(({ name, unit }) => [name, unit]).sort(),
    );
    for (const { descriptor, dataPoints } of scopes) {
      const row = table.find(({ name }) => name === descriptor.name);
      for (const name of dataPoints.flatMap(({ attributes }) => Object.keys(attributes)))
        expect(row?.attributes).toContain(name);
    }
  });
});
