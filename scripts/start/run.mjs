// Runs an example from its TypeScript: `node scripts/start/run.mjs examples/quick-start/main.ts`.
import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const main = pathToFileURL(resolve(process.argv[2])).href;
register('./hooks.mjs', import.meta.url, { data: { main } });
await import(main);
