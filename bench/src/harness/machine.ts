import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, type as system } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Runtime } from './section.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

const MEASURED = [
  ...['@nestjs/core', '@nestjs/jwt', '@nestjs/passport', 'passport', 'passport-jwt', 'jsonwebtoken', 'jose'],
  ...['fast-jwt', 'bcrypt', 'typeorm', '@prisma/client', 'drizzle-orm', 'pg', 'mysql2', 'redis'],
];

/** The facts that the figures depend on, without names or paths of the machine. */
export async function describeMachine(nodes: readonly Runtime[], peers: string): Promise<string> {
  const runtimes = await Promise.all(
    nodes.map(async ({ path }) => {
      const { stdout } = await run(path, ['-p', 'JSON.stringify(process.versions)']);
      const { node, openssl } = JSON.parse(stdout);
      return `Node ${node} (OpenSSL ${openssl})`;
    }),
  );
  const model = cpus()[0]?.model.trim() || 'unknown processor';
  const versions = [...MEASURED.map((name) => `${name} ${versionOf(name)}`), ...betterAuthAt(peers)];
  return [
    `- ${availableParallelism()} cores, ${model}, ${system()}; the load comes from the same cores`,
    `- ${runtimes.join('; ')}`,
    `- ${versions.join(', ')}`,
  ].join('\n');
}

function versionOf(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version;
    } catch {
      // Not in this one.
    }
  }
  return 'missing';
}

function betterAuthAt(peers: string): string[] {
  try {
    return [
      `better-auth ${JSON.parse(readFileSync(join(peers, 'node_modules/better-auth/package.json'), 'utf8')).version}`,
    ];
  } catch {
    return [];
  }
}

/** The path of another Node, fetched from the registry. */
export async function findNode(major: string): Promise<Runtime> {
  const { stdout } = await run('npx', ['-y', '-p', `node@${major}`, 'node', '-p', 'process.execPath']);
  return { name: `Node ${major}`, path: stdout.trim() };
}

export const THIS_NODE: Runtime = { name: `Node ${process.versions.node.split('.')[0]}`, path: process.execPath };

/** Ticks of all processors since boot, and the ticks that other virtual machines took; none if they are not counted. */
export function ticks(): { readonly all: number; readonly stolen: number } {
  try {
    const [, ...counts] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/ +/).map(Number) ?? [];
    // user nice system idle iowait irq softirq steal; the other fields are part of the first two.
    const first = counts.slice(0, 8);
    return { all: first.reduce((sum, count) => sum + count, 0), stolen: first[7] ?? 0 };
  } catch {
    return { all: 0, stolen: 0 };
  }
}
