import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const PACKAGE = join(import.meta.dirname, '..');
const CLI = join(PACKAGE, 'node_modules/@acme/nest-auth/dist/cli.js');
const APP = 'src/doctor-app/main.mjs';
const ENV = {
  NODE_ENV: 'development',
  ACCESS: 'vX3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
  REFRESH: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
};

function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const options = { cwd: PACKAGE, env: { ...process.env, ...ENV, ...env }, timeout: 100_000 };
    execFile(process.execPath, [CLI, 'doctor', ...args], options, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
  });
}

const problemsIn = (out: string) => out.split('\n').filter((line) => line.startsWith('! '));

describe('the doctor', () => {
  test('finds nothing to change in an app that development accepts', async () => {
    const { code, out, err } = await doctor([APP]);
    expect([code, problemsIn(out), err]).toEqual([0, [], '']);
    expect(out).toMatch(/No problem was found\.\n$/);
  });

  test('says everything that production refuses, each by itself, without listening and without a secret', async () => {
    const short = 'mine-alone';
    const { code, out, err } = await doctor([APP, '--production'], { ACCESS: short });
    expect([code, err]).toEqual([1, '']);
    expect(problemsIn(out)).toEqual([
      expect.stringMatching(/^! secrets\.access is shorter than 32 bytes/),
      expect.stringMatching(/^! mailer is for development/),
      expect.stringMatching(/^! cookies\.secure is false in production/),
      expect.stringMatching(/^! userStore keeps everything in memory/),
      expect.stringMatching(/^! sessionStore keeps everything in memory/),
      expect.stringMatching(/^! features: inspector\(\) shows who calls what, and NODE_ENV is 'production'/),
    ]);
    expect(out).toContain('? The boot has stopped here, so later checks have not run.');
    expect(out).toMatch(/6 to change\.\n$/);
    for (const secret of [short, ENV.REFRESH]) expect(out).not.toContain(secret);
  });

  test('prints how it is used', async () => {
    const { code, out } = await doctor(['--help']);
    expect([code, out]).toEqual([0, expect.stringContaining('nest-auth doctor [entry] [--production]')]);
  });

  test('refuses two entries, and an entry that is not there', async () => {
    expect(await doctor([APP, 'other.js'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/more than one entry/),
    });
    expect(await doctor(['none.js'])).toMatchObject({
      code: 2,
      err: 'There is no none.js. Build the app first (nest build), or name its entry, such as dist/main.js.\n',
    });
  });
});
