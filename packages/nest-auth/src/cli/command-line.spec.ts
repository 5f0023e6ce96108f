import { describe, expect, test } from '@jest/globals';
import { readCommand } from './command-line.js';

describe('the command line', () => {
  test.each<[string, object | undefined]>([
    ['policy', { does: 'write', entry: undefined, file: 'auth-policy.json', output: undefined, isFull: false }],
    ['policy dist/app.js --check', { does: 'check', entry: 'dist/app.js' }],
    ['policy --check --file policy.json --full', { does: 'check', file: 'policy.json', isFull: true }],
    ['policy --table', { does: 'table', output: undefined }],
    ['policy --graph --output policy.svg', { does: 'graph', output: 'policy.svg' }],
  ])('%s is understood', (line, command) => {
    expect(readCommand(line.split(' '))).toMatchObject(command as object);
  });

  test('asks for help', () => {
    expect(readCommand(['--help'])).toBeUndefined();
    expect(readCommand(['policy', '--help'])).toBeUndefined();
  });

  test.each<[string, RegExp]>([
    ['', /^No command is given\.\n\nUsage: nest-auth policy/],
    ['polcy', /^polcy is not a command\.\n\nUsage/],
    ['policy a.js b.js', /^policy a\.js b\.js is not a command/],
    ['policy --check --table', /^Choose one of --check and --table\.$/],
    ['policy --output x.json', /^--output is for --table and --graph; the lockfile has --file\.$/],
    ['policy --all', /^Unknown option '--all'[\s\S]*Usage/],
  ])('%s is refused with what to write', (line, message) => {
    expect(() => readCommand(line.split(' ').filter((word) => word !== ''))).toThrow(message);
  });
});
