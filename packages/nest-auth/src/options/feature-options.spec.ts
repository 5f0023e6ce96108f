import { expect, test } from '@jest/globals';
import { SECRETS } from '../../test/support/app.js';
import { memoryStores } from '../memory/memory-stores.js';
import { resolveSettings } from './auth/auth-settings.js';
import type { ConfigurableFeature } from './auth/capabilities.js';
import { duration } from './fields/numbers.js';
import { text } from './fields/values.js';

const totp: ConfigurableFeature = {
  name: 'totp',
  options: {
    issuer: text({ required: true, example: "'Acme'", doc: 'Shown in the app.' }),
    period: duration({ default: '30s', min: '15s', max: '2m', doc: 'How long a code counts.' }),
  },
};

const resolve = (own: object, features = [totp]) =>
  resolveSettings({ ...memoryStores(), secrets: SECRETS, ...own }, features);

test("a feature's options are read from the key of its name, with its defaults", () => {
  expect(resolve({ totp: { issuer: 'Acme' } }).features).toEqual({ totp: { issuer: 'Acme', period: 30 } });
});

test('a feature without options has no settings', () => {
  expect(resolve({}, [{ name: 'plain' }]).features).toEqual({});
});

test.each<[string, object, string]>([
  ['not given at all', {}, "totp.issuer is missing; write 'Acme'"],
  ['of another kind', { totp: 'Acme' }, 'totp is a string; write { issuer, period }'],
  ['out of range', { totp: { issuer: 'Acme', period: '1h' } }, 'totp.period is 3600 seconds; it must be 15 to 120'],
  ['misspelt', { totp: { issuer: 'Acme', perod: 1 } }, 'totp.perod is not an option; choose from issuer, period'],
  [
    'of no feature that is there',
    { totp: { issuer: 'Acme' }, magic: {} },
    'magic is not an option; choose from userStore, ',
  ],
])('options of a feature are refused in the same words: %s', (_, own, problem) => {
  expect(() => resolve(own)).toThrow(`AuthModule cannot start:\n  - ${problem}`);
});

test('options of a feature in the wrong place are not called unknown', () => {
  const returned = () => resolve({ features: [totp], totp: { issuer: 'Acme' }, magic: {} }, []);
  expect(returned).toThrow(
    /^AuthModule cannot start:\n {2}- features shapes the module; .*\n {2}- totp belongs to a feature; leave it here, and move only the feature\.\n {2}- magic is not an option; .*; if it belongs to a feature, add that to features\.$/,
  );
});

const FAILING: PropertyDescriptor = {
  enumerable: true,
  get() {
    throw new Error('a getter');
  },
};
test.each([
  ['the features', Object.defineProperty({}, 'features', FAILING)],
  ['the name of a feature', { features: [Object.defineProperty({}, 'name', FAILING)] }],
])('a getter for %s that throws does not hide the message about the wrong place', (_, returned) => {
  const options = { ...memoryStores(), secrets: SECRETS, magic: {} };
  const given = Object.defineProperties(options, Object.getOwnPropertyDescriptors(returned));
  expect(() => resolveSettings(given, [])).toThrow(/magic is not an option[\s\S]*features shapes the module/);
});

test.each(['mailer', 'routes'])('a feature with options cannot be named %s', (name) => {
  expect(() => resolve({}, [{ ...totp, name }])).toThrow(`features has one named '${name}', which is an option`);
});
