// Copies files of the repository root into the package being packed, so that npm shows them and they exist once.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './pnpm.mjs';

for (const name of process.argv.slice(2)) copyFileSync(join(root, name), join(process.cwd(), name));
