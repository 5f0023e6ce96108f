import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns a page with the rows of its tables replaced. `tables` has the rows by the beginning of the table's head. */
export function withTables(root, page, tables) {
  let text = readFileSync(join(root, page), 'utf8');
  for (const [head, rows] of Object.entries(tables)) {
    const body = new RegExp(`(?<=^${head.replaceAll('|', '\\|')}.*\\n\\|[-|]+\\n)(?:\\|.*\\n)*`, 'm');
    if (!body.test(text)) throw new Error(`${page} has no table with the head ${head}`);
    text = text.replace(body, () => rows.map((cells) => `${rowOf(cells)}\n`).join(''));
  }
  return { [page]: text };
}

function rowOf(cells) {
  return `|${cells.map((cell) => (cell === '' ? ' |' : ` ${cell.replaceAll('|', '\\|')} |`)).join('')}`;
}

/** A table cell begins in lower case and has no full stop. */
export function cellOf(sentence) {
  const text = sentence.replace(/\.$/, '');
  return text[0].toLowerCase() + text.slice(1);
}

export function linkOf({ name, guide }) {
  return guide ? `[\`${name}\`](${guide})` : `\`${name}\``;
}
