import { join } from 'node:path';
import { eventsOf, parse } from './declarations.mjs';
import { cellOf, linkOf, withTables } from './page-tables.mjs';

const SOURCE = 'packages/nest-auth/src/core/auth-event.ts';

/** docs/reference/events.md, its tables made from the events that the library and its features declare. */
export function eventsPage(root, features) {
  const cellsOf = ({ fields, when }) => [fields.map((field) => `\`${field}\``).join(', '), cellOf(when)];
  return withTables(root, 'docs/reference/events.md', {
    '| event | beside': eventsOf(parse(join(root, SOURCE))).map((one) => [`\`${one.event}\``, ...cellsOf(one)]),
    '| event | feature |': features.flatMap((feature) =>
      feature.events.map((one) => [`\`${one.event}\``, linkOf(feature), ...cellsOf(one)]),
    ),
  });
}
