// The library's stories in all twelve combinations of transport, platform and Nest. `npm test` runs four of them.
import { pnpm, run } from './pnpm.mjs';
import { STORY_SETTINGS } from './story-settings.mjs';

let ok = true;
for (const [script, all] of Object.entries(STORY_SETTINGS)) {
  for (const settings of all) {
    const outcome = await pnpm(['--filter', '@acme/nest-auth', 'run', script], { capture: true, env: settings });
    const said = outcome.ok ? /^.*Tests: .*$/m.exec(outcome.output)?.[0] : `FAILED\n${outcome.output}`;
    console.log(`Nest 12, ${[script, ...Object.values(settings)].join(' ')}: ${said}`);
    ok &&= outcome.ok;
  }
}
const onNest11 = await run(process.execPath, ['scripts/nest-11.mjs', '--stories']);
process.exitCode = ok && onNest11.ok ? 0 : 1;
