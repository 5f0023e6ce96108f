// Compares the lockfile of an app with the app itself: with the routes that Nest logs, and with the answers to
// anonymous requests. `node scripts/compare-policies.mjs auth-policy.json boot.log http://127.0.0.1:3000`, where
// boot.log is the output of the app, without colours.
import { readFileSync } from 'node:fs';

const [lockfile, log, url] = process.argv.slice(2);
const policies = Object.entries(JSON.parse(readFileSync(lockfile, 'utf8')));
const listed = new Map(policies.filter(([name]) => /^[A-Z]+ \//.test(name)));
// GraphQLModule prints its endpoint in the same words, but its handlers are the resolvers.
const printed = readFileSync(log, 'utf8').replace(/^.*GraphQLModule.*$/gm, '');
const mapped = new Set([...printed.matchAll(/Mapped \{(\S+), (\w+)\}(?: \(version: ([\w.,]+)\))?/g)].map(nameOf));

const problems = [
  ...[...mapped].filter((name) => !listed.has(name)).map((name) => `${name}: mapped, and not listed`),
  ...[...listed.keys()].filter((name) => !mapped.has(name)).map((name) => `${name}: listed, and not mapped`),
];
const counts = { refused: 0, 'let in': 0 };
for (const [name, policy] of listed) {
  const [method, path] = name.split(' ');
  const isPrivate = policy.startsWith('authenticated');
  const { status, code } = await ask(method === 'ALL' ? 'GET' : method, path);
  // The app's own middleware may refuse too: before the guard, which says missing_token.
  const isRefused = status === 401 && (isPrivate || code === 'missing_token');
  counts[isRefused ? 'refused' : 'let in'] += 1;
  if (isRefused !== isPrivate) problems.push(`${name}: ${policy}, and answered with ${status}`);
}
for (const problem of problems) console.log(problem);
console.log(
  `${listed.size} routes listed, ${mapped.size} mapped; of anonymous requests ${counts.refused} got 401 and ${counts['let in']} did not; ${problems.length} disagree.`,
);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Nest prints the version beside the path, also if it is in the path already. */
function nameOf([, path, method, version]) {
  const name = `${method} ${path}`;
  if (version === undefined || version === 'Neutral') return name;
  const segment = `/v${version}/`;
  return [...listed.keys()].find((one) => one.includes(segment) && one.replace(segment, '/') === name) ?? name;
}

async function ask(method, path) {
  const place = path.replace(/:\w+/g, '1').replace(/\*\w*/g, 'x');
  const response = await fetch(new URL(place, url), { method, redirect: 'manual' });
  const text = await response.text();
  return { status: response.status, code: /"code":"(\w+)"/.exec(text)?.[1] };
}
