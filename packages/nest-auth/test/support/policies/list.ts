import { listPolicies, type PolicyRules } from '@acme/nest-auth';
import { startApp, type TestAppOptions } from '../app.js';

/** The list of policies of a started app. */
export async function list(options: TestAppOptions, rules?: PolicyRules) {
  const { app, close } = await startApp({ routes: false, ...options });
  const found = listPolicies(app, rules);
  await close();
  return { ...found, byName: new Map(found.entries.map((entry) => [entry.name, entry])) };
}
