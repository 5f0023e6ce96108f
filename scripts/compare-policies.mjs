// Compares the lockfile of an app with the app itself: with the routes that Nest logs, and with the answers to
// anonymous requests. `node scripts/compare-policies.mjs auth-policy.json boot.log http://127.0.0.1:3000`, where
// boot.log is the output of the app, without colours.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';

const [lockfile, log, url] = process.argv.slice(2);
const policies = Object.entries(JSON.parse(readFileSync(lockfile, 'utf8')));
const listed = new Map(policies.filter(([name]) => /^[A-Z]+ \//.test(name)));
// Nest does not print hosts.
const printable = new Set([...listed.keys()].map((name) => name.replace(/ \(host .*\)$/, '')));
// GraphQLModule prints its endpoint in the same words, but its handlers are the resolvers.
const printed = readFileSync(log, 'utf8').replace(/^.*GraphQLModule.*$/gm, '');
const mapped = new Set([...printed.matchAll(/Mapped \{(\S+), (\w+)\}(?: \(version: ([\w.,]+)\))?/g)].flatMap(namesOf));

const problems = [
  ...[...mapped].filter((name) => !printable.has(name)).map((name) => `${name}: mapped, and not listed`),
  ...[...printable].filter((name) => !mapped.has(name)).map((name) => `${name}: listed, and not mapped`),
];
const counts = { refused: 0, 'let in': 0 };
for (const [name, policy] of listed) {
  const [method, path] = name.split(' ');
  const isPrivate = policy.startsWith('authenticated');
  const host = / \(host ([^,)]+)/.exec(name)?.[1];
  const { status, code } = await ask(method === 'ALL' ? 'GET' : method, path, host);
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

/** Nest prints the versions beside the path, also if they are in the path already. */
function namesOf([, path, method, versions = 'Neutral']) {
  const name = `${method} ${path}`;
  return versions.split(',').map((version) => {
    const segment = new RegExp(`/v${version}(?=/|$)`);
    return [...printable].find((one) => segment.test(one) && one.replace(segment, '') === name) ?? name;
  });
}

/** @param host for a controller with one; fetch cannot send another host */
async function ask(method, path, host) {
  const headers = host === undefined ? {} : { Host: exampleOf(host) };
  const [response] = await once(request(new URL(exampleOf(path), url), { method, headers }).end(), 'response');
  const text = Buffer.concat(await response.toArray()).toString();
  return { status: response.statusCode, code: /"code":"(\w+)"/.exec(text)?.[1] };
}

/** A path that the pattern matches. Express has `\:` for a colon, and Fastify `::`. */
function exampleOf(path) {
  const example = path.replace(/\\:|::/g, '\0').replace(/:\w+(?:\(.*?\))?/g, '1');
  return example.replace(/[{}]/g, '').replace(/\*\w*/g, 'x').replace(/\0/g, ':');
}
