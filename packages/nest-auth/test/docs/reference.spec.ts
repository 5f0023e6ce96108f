import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../../..');

/** What `npm run reference` would write, compared with the committed files. */
function check(...more: string[]): { status: number | null; problems: string[] } {
  const script = join(ROOT, 'scripts/reference.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--check', ...more], { cwd: ROOT, encoding: 'utf8' });
  return { status, problems: stderr.split('\n').filter((line) => line !== '') };
}

test('docs/reference and the interfaces of the options are what the sources say', () => {
  expect(check()).toEqual({ status: 0, problems: [] });
});

test('a file that is not what the sources say is named, with the remedy', () => {
  const empty = mkdtempSync(join(tmpdir(), 'reference-'));
  try {
    const { status, problems } = check('--into', empty);
    expect(status).toBe(1);
    expect(problems).toEqual(
      [
        'packages/nest-auth/src/options/auth/auth-options.ts',
        'packages/nest-auth/src/options/resource-server/resource-server-options.ts',
        'packages/nest-auth/src/module/extras.ts',
        'docs/reference/options.md',
        'docs/reference/errors.md',
        'docs/reference/events.md',
        'packages/nest-auth/src/features/inspector/page-files.ts',
      ].map((path) => `${path} is not what the sources say; run npm run reference`),
    );
  } finally {
    rmSync(empty, { recursive: true });
  }
});

const PIN = `
  declare module '@acme/nest-auth' {
    interface AuthEventFields {
      /** A user chose a PIN. */
      pin_chosen: { readonly userId: string; readonly device: Device };
    }
  }
  export const pin = defineFeature({ name: 'pin', codes: CODES, limits: {
    /** PINs of one user. */
    pin: { points: 3, duration: '1h' },
  } });`;
const PIN_CODES = `
  export const CODES = {
    /** The PIN is wrong. @client ask again */
    pin_wrong: { status: 401, message: 'The PIN is wrong.' },
  } as const satisfies Record<string, ErrorCode>;`;

/** What the reference finds in a folder of features with these files. */
function featuresOf(files: Readonly<Record<string, string>>): { features: unknown; problem: string } {
  const root = mkdtempSync(join(tmpdir(), 'features-'));
  try {
    const folder = join(root, 'packages/nest-auth/src/features/pin');
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const module = pathToFileURL(join(ROOT, 'scripts/reference/features.mjs'));
    const code = `import { readFeatures } from '${module}';
      console.log(JSON.stringify(readFeatures(${JSON.stringify(root)})));`;
    const args = ['--input-type=module', '-e', code];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { features: JSON.parse(stdout || 'null'), problem: /^Error: (.*)$/m.exec(stderr)?.[1] ?? '' };
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('a new feature needs no other file to bring its codes, events and limits to the reference', () => {
  expect(featuresOf({ 'pin.feature.ts': PIN, 'pin-codes.ts': PIN_CODES })).toEqual({
    features: [
      {
        name: 'pin',
        codes: [{ code: 'pin_wrong', status: '401', meaning: 'The PIN is wrong.', client: 'ask again' }],
        limits: [{ limit: 'pin', points: '3', duration: '1h', counts: 'PINs of one user.' }],
        events: [{ event: 'pin_chosen', fields: ['userId', 'device'], when: 'A user chose a PIN.' }],
      },
    ],
    problem: '',
  });
});

test.each([
  ['code', 'pin_wrong', { 'pin-codes.ts': PIN_CODES.replace(/\/\*\*.*\*\//, '') }],
  ['event', 'pin_chosen', { 'pin.feature.ts': PIN.replace(/\/\*\* A user.*\*\//, '') }],
  ['limit', 'pin', { 'pin.feature.ts': PIN.replace(/\/\*\* PINs.*\*\//, '') }],
])('a %s of a feature without a comment is named', (_, name, files) => {
  const { problem } = featuresOf({ 'pin.feature.ts': PIN, 'pin-codes.ts': PIN_CODES, ...files });
  expect(problem).toMatch(new RegExp(`^pin[.-].*: ${name} needs a comment; docs/reference is made from it\\.$`));
});
