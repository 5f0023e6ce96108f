import type { Clock } from '../core/time.js';
import { group, list } from './fields/composites.js';
import { typed } from './fields/field.js';
import { callback, text } from './fields/values.js';

/** Options of every mode. */
export const CLOCK = callback({
  type: typed<Clock>('Clock'),
  remedy: 'write a function that answers with milliseconds, such as Date.now',
  // At boot: a test may have replaced it by then.
  make: () => Date.now,
  shown: '`Date.now`',
  doc: 'The time in milliseconds, for tests that move it.',
});

const ORIGIN = "write 'https://app.example.org', without a path";

export const SOCKETS = group({
  cookie: text({
    example: "'__Host-access', for example",
    check: (name) =>
      /^[\w!#$%&'*+.^`|~-]+$/.test(name) ? undefined : "is not a valid cookie name; write '__Host-access', for example",
    doc: "The cookie that carries the access token when a browser opens a WebSocket, for pages of the app's own host and `origins`.",
  }),
  origins: list(
    text({
      example: "'https://app.example.org', without a path",
      check: (origin) =>
        URL.canParse(origin) && new URL(origin).origin === origin ? undefined : `is not a valid origin; ${ORIGIN}`,
    }),
    {
      default: [],
      example: "['https://app.example.org']",
      doc: "Further origins whose pages may open a WebSocket by cookie: `['https://app.example.org']`.",
    },
  ),
});
