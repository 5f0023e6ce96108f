// Compares the lockfile of an app with the app itself: with the routes that Nest logs, and with the answers to
// anonymous requests. `node scripts/compare-policies.mjs auth-policy.json boot.log http://127.0.0.1:3000`, where
// boot.log is the output of the app, without colours.
import { readFileSync } from 'node:fs';

const [lockfile, log, url] = process.argv.slice(2);
const policies = Object.entries(JSON.parse(readFileSync(lockfile, 'utf8')));
const listed = new Map(policies.filter(([name]) => /^[A-Z]+ \//.test(name)));
const mapped = new Set(
  [...readFileSync(log, 'utf8').matchAll(/Mapped \{(\S+), (\w+)\}(?: \(version: (\w+)\))?/g)].map(nameOf),
);

const problems = [
  ...[...mapped].filter((name) => !listed.has(name)).map((name) => `${name}: mapped, and not listed`),
  ...[...listed.keys()].filter((name) => !mapped.has(name)).map((name) => `${name}: listed, and not mapped`),
];
const counts = { refused: 0, 'let in': 0 };
for (const [name, policy] of listed) {
  const [method, path] = name.split(' ');
  const isPrivate = policy.startsWith('authenticated');
  const status = await ask(method === 'ALL' ? 'GET' : method, path);
  // A 401 of the app's own middleware counts too: it comes before the guard.
  const isRefused = status === 401;
  counts[isRefused ? 'refused' : 'let in'] += 1;
  if (isRefused !== isPrivate) problems.push(`${name}: ${policy}, and answered with ${status}`);
}
for (const problem of problems) console.log(problem);
console.log(
  `${listed.size} routes listed, ${mapped.size} mapped; of anonymous requests ${counts.refused} got 401 and ${counts['let in']} did not; ${problems.length} disagree.`,
);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Nest prints the version beside the path. */
function nameOf([, path, method, version]) {
  const name = `${method} ${path}`;
  const versioned = [...listed.keys()].find((one) => one.replace(`/v${version}/`, '/') === name);
  return version === undefined ? name : (versioned ?? name);
}

async function ask(method, path) {
  const place = path.replace(/:\w+/g, '1').replace(/\*\w*/g, 'x');
  const response = await fetch(new URL(place, url), { method, redirect: 'manual' });
  await response.arrayBuffer();
  return response.status;
}
