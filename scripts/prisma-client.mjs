// Generates a Prisma client from models, unless it exists: node prisma-client.mjs <folder> <file of models> …
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const [output, ...models] = process.argv.slice(2).map((path) => resolve(path));
const cli = createRequire(resolve('package.json')).resolve('prisma/package.json');
const { version, bin } = JSON.parse(readFileSync(cli, 'utf8'));

const HEAD = `// prisma ${version}

generator client {
  provider            = "prisma-client"
  output              = "./client"
  moduleFormat        = "esm"
  importFileExtension = "js"
}

datasource db {
  provider = "postgresql"
}`;

const schema = [HEAD, ...models.map((file) => readFileSync(file, 'utf8'))].join('\n\n');
const file = join(output, 'schema.prisma');
const isCurrent = existsSync(join(output, 'client/client.ts')) && readFileSync(file, 'utf8') === schema;
if (!isCurrent) process.exitCode = generate();

function generate() {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  writeFileSync(file, schema);
  const { status } = spawnSync(process.execPath, [join(dirname(cli), bin.prisma), 'generate', '--schema', file], {
    cwd: output,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      // `generate` never runs the schema engine; if any existing file is named, it downloads none.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  if (status === 0) return 0;
  rmSync(output, { recursive: true, force: true });
  return status ?? 1;
}
