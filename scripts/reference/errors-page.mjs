import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { codesOf, constantOf, nodesBelow, parse } from './declarations.mjs';
import { cellOf, linkOf, withTables } from './page-tables.mjs';

const SOURCE = 'packages/nest-auth/src/core/errors/error-codes.ts';
const TRANSPORT = 'packages/nest-auth/src/transports/challenge.ts';

/** docs/reference/errors.md, its tables made from the codes and limits of the library and of its features. */
export function errorsPage(root, features) {
  const source = parse(join(root, SOURCE));
  const isTable = (node) => ts.isVariableDeclaration(node) && node.name.getText() === 'CODES';
  const [table] = nodesBelow(source, isTable);
  const [, bare] = /WITHOUT_ERROR[^=]*= \[([\s\S]*?)\]/.exec(readFileSync(join(root, TRANSPORT), 'utf8'));
  const cellsOf = ({ code, status, meaning, client }) => {
    return [status, challengeOf(code, status, bare), cellOf(meaning), client];
  };
  return withTables(root, 'docs/reference/errors.md', {
    '| code | status |': codesOf(constantOf(table.initializer, [source]), [source]).map((one) => [
      `\`${one.code}\``,
      ...cellsOf(one),
    ]),
    '| code | feature |': features.flatMap((feature) =>
      feature.codes.map((one) => [`\`${one.code}\``, linkOf(feature), ...cellsOf(one)]),
    ),
    '| limit | feature |': features.flatMap((feature) =>
      feature.limits.map(({ limit, points, duration, counts }) => [
        ...[`\`${limit}\``, linkOf(feature), points, `\`${duration}\``, cellOf(counts)],
      ]),
    ),
  });
}

const NAMED = ['insufficient_scope', 'insufficient_user_authentication'];

/** RFC 6750 §3, RFC 9470 §3. */
function challengeOf(code, status, bare) {
  if (NAMED.includes(code)) return `\`${code}\``;
  if (status !== '401') return '';
  return bare.includes(`'${code}'`) ? 'bare' : '`invalid_token`';
}
