// Generates the Prisma client of the tests from auth.prisma, as it is published, and team.prisma.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const output = join(here, 'generated');
const cli = createRequire(import.meta.url).resolve('prisma/package.json');
const { version, bin } = JSON.parse(readFileSync(cli, 'utf8'));

const schema = [
  `// prisma ${version}`,
  `generator client {
  provider            = "prisma-client"
  output              = "./client"
  moduleFormat        = "esm"
  importFileExtension = "js"
}

datasource db {
  provider = "postgresql"
}`,
  readFileSync(join(here, '../auth.prisma'), 'utf8'),
  readFileSync(join(here, 'team.prisma'), 'utf8'),
].join('\n\n');

const file = join(output, 'schema.prisma');
const isCurrent = existsSync(join(output, 'client/client.ts')) && readFileSync(file, 'utf8') === schema;
if (!isCurrent) {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  writeFileSync(file, schema);
  const { status } = spawnSync(process.execPath, [join(dirname(cli), bin.prisma), 'generate', '--schema', file], {
    cwd: output,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      // `generate` never runs the schema engine; naming any file keeps it from downloading one.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  if (status !== 0) {
    rmSync(output, { recursive: true, force: true });
    process.exit(status ?? 1);
  }
}
