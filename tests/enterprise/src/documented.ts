import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';

const PAGE = join(import.meta.dirname, '../../../docs/guides/saml-and-ldap.md');
// Spec files, Express and Fastify may run at the same time.
const generated = join(import.meta.dirname, `.generated-${process.env.HTTP ?? 'express'}-${process.pid}`);

/**
 * Runs the one block of the guide that has the needle in it.
 * @param name of its file, for the blocks that import it
 * @param before replaces the code that the page hides
 */
export async function runDocumented<T>(name: string, needle: string, before = ''): Promise<T> {
  const blocks = [...readFileSync(PAGE, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)]
    .map(([, code = '']) => code)
    .filter((code) => code.includes(needle));
  expect(blocks).toHaveLength(1);
  mkdirSync(generated, { recursive: true });
  const file = join(generated, `${name}.ts`);
  writeFileSync(file, `${before}\n${blocks[0]}`);
  return import(file) as Promise<T>;
}

afterAll(() => rmSync(generated, { recursive: true, force: true }));
