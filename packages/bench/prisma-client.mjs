// Generates the Prisma client of the bench from the models that the adapter publishes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const output = join(import.meta.dirname, 'src/generated');
const cli = createRequire(import.meta.url).resolve('prisma/package.json');
const { version, bin } = JSON.parse(readFileSync(cli, 'utf8'));
const models = readFileSync(join(import.meta.dirname, '../nest-auth-prisma/auth.prisma'), 'utf8');
const schema = `// prisma ${version}
generator client {
  provider            = "prisma-client"
  output              = "./client"
  moduleFormat        = "esm"
  importFileExtension = "js"
}

datasource db {
  provider = "postgresql"
}

${models}`;

const file = join(output, 'schema.prisma');
const isCurrent = existsSync(join(output, 'client/client.ts')) && readFileSync(file, 'utf8') === schema;
if (!isCurrent) {
  mkdirSync(output, { recursive: true });
  writeFileSync(file, schema);
  const { status } = spawnSync(process.execPath, [join(dirname(cli), bin.prisma), 'generate', '--schema', file], {
    cwd: output,
    stdio: ['ignore', 'ignore', 'inherit'],
    // `generate` never runs the schema engine; naming any file keeps it from downloading one.
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  process.exitCode = status ?? 1;
}
