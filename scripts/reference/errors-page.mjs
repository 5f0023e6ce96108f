import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = 'docs/reference/errors.md';
const SOURCE = 'packages/nest-auth/src/core/errors/error-codes.ts';
const ROW = /\/\*\*([\s\S]*?)\*\/\s+(\w+): \{ status: (\d{3}),/g;
const TABLE = /(?<=^\| code \| status \|.*\n\|[-|]+\n)(?:\|.*\n)*/m;

/** docs/reference/errors.md, its table made from the table of error codes and the comments there. */
export function errorsPage(root) {
  const source = readFileSync(join(root, SOURCE), 'utf8');
  const codes = source.slice(source.indexOf('const CODES = {'), source.indexOf('} as const'));
  const bare = /WITHOUT_ERROR[^=]*= \[([\s\S]*?)\]/.exec(
    readFileSync(join(root, 'packages/nest-auth/src/transports/http.ts'), 'utf8'),
  )[1];
  const rows = [...codes.matchAll(ROW)].map(([, comment, code, status]) => {
    const [meaning, client = ''] = comment
      .replace(/\s*\n\s*\* ?/g, ' ')
      .trim()
      .split(' @client ');
    return `| \`${code}\` | ${status} | ${challengeOf(code, status, bare)}| ${beginning(meaning)} | ${client} |\n`;
  });
  return { [PAGE]: readFileSync(join(root, PAGE), 'utf8').replace(TABLE, rows.join('')) };
}

/** RFC 6750 §3. */
function challengeOf(code, status, bare) {
  if (code === 'insufficient_scope') return '`insufficient_scope` ';
  if (status !== '401') return '';
  return bare.includes(`'${code}'`) ? 'bare ' : '`invalid_token` ';
}

/** A cell is not a sentence: it begins in lower case and has no full stop. */
function beginning(meaning) {
  const text = meaning.replace(/\.$/, '');
  return text[0].toLowerCase() + text.slice(1);
}
