// Copies files of the repository root into the package that is being packed: npm shows them, and the repository has
// them once.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './pnpm.mjs';

const CODE = /(^```[\s\S]*?^```$)/m;
const RELATIVE_LINK = /\]\((?![a-z]+:|#)([^)#]+)/g;

const target = process.cwd();
for (const name of process.argv.slice(2)) {
  if (name.endsWith('.md')) writeFileSync(join(target, name), moved(readFileSync(join(root, name), 'utf8')));
  else copyFileSync(join(root, name), join(target, name));
}

/** npm resolves links from the folder of the package, so links are rewritten relative to it. Code does not change. */
function moved(page) {
  const parts = page.split(CODE).map((part, index) => {
    const isCode = index % 2 === 1;
    return isCode ? part : part.replace(RELATIVE_LINK, (_, path) => `](${fromTarget(path)}`);
  });
  return parts.join('');
}

function fromTarget(path) {
  return relative(target, join(root, path)).replaceAll('\\', '/');
}
