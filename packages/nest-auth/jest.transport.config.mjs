import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import config from './jest.e2e.config.mjs';

process.env.TRANSPORT ??= 'cookie';

/** Every story runs on every transport, except these. */
const LEFT_OUT = {
  'bearer-header': 'the header itself is its subject',
  boot: 'starts apps of its own, and reads what they log',
  'browser-setups': 'sets transports itself',
  cookies: 'sets transports itself',
  'cross-site': 'sets transports itself',
  'documented-modules': "starts the documentation's apps, which are by bearer",
  'foreign-issuer': 'takes bearer tokens of another issuer',
  'half-done': 'sets transports itself',
  'magic-link-cookies': 'sets transports itself',
  'observed-decisions': 'sets transports itself',
  openapi: 'reads documents, and sends no token',
  'openapi-cookies': 'sets transports itself',
  'openapi-routes': 'reads documents, which describe the bearer scheme',
  passport: "has strategies of the app's own, which read the header",
  'pre-hijacking': 'its app is by bearer alone',
  'resource-server': 'has no cookies: it takes tokens that others issued',
  'single-calls': 'sets transports itself',
  testing: 'starts apps of its own, as the tests of an app do',
  'token-fields': 'sets transports itself',
  'token-kinds': 'has places of clients by bearer alone',
  'user-store-check': 'fails at boot, before any request',
};

const specs = readdirSync(join(import.meta.dirname, 'test/stories'), { recursive: true, encoding: 'utf8' });
const paths = Object.keys(LEFT_OUT).map((name) => {
  const found = specs.find((spec) => spec.endsWith(`/${name}.spec.ts`));
  if (!found) throw new Error(`Left out, but not there: ${name}`);
  return `<rootDir>/test/stories/${found}`;
});

/** The stories with tokens by `TRANSPORT` (`cookie` or `both`); `HTTP=fastify` runs them on Fastify. */
export default { ...config, testPathIgnorePatterns: [...config.testPathIgnorePatterns, ...paths] };
