import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';

const root = join(import.meta.dirname, '../../../..');
// Spec files, Express and Fastify may run at the same time.
const generated = join(import.meta.dirname, `.generated-${process.env.HTTP ?? 'express'}-${process.pid}`);

/** Runs the only block of a page that contains the needle. `before` replaces the code that the page hides. */
export async function runDocumented<T>(page: string, needle: string, before = ''): Promise<T> {
  const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)]
    .map(([, code = '']) => code)
    .filter((code) => code.includes(needle));
  expect(blocks).toHaveLength(1);
  const file = join(generated, `${needle.replace(/\W/g, '')}.ts`);
  writeFileSync(file, `${before}\n${blocks[0]}`);
  return import(file) as Promise<T>;
}

beforeAll(() => {
  mkdirSync(generated, { recursive: true });
});
afterAll(() => rmSync(generated, { recursive: true, force: true }));
