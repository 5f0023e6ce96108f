// `prisma generate` without a download: it never runs the engine, so the path of any existing file is enough.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const manifest = createRequire(import.meta.url).resolve('prisma/package.json');
const { bin } = createRequire(import.meta.url)(manifest);

const { status } = spawnSync(
  process.execPath,
  [join(dirname(manifest), bin.prisma), 'generate', '--schema', 'schema.prisma'],
  {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  },
);
process.exitCode = status ?? 1;
