import { group, list, record } from './composites.js';
import { typed } from './field.js';
import { duration, integer, orFalse } from './numbers.js';
import { callback, choice, flag, page, port, text, url, value } from './values.js';

/**
 * Describes the options of a feature: each is read, checked and documented from one definition.
 *
 * @example
 * ```ts
 * const OPTIONS = { issuer: option.text({ required: true, example: "'Acme'", doc: 'Shown in the app.' }) };
 * ```
 */
export const option = {
  callback,
  choice,
  duration,
  flag,
  group,
  integer,
  list,
  orFalse,
  page,
  port,
  record,
  text,
  typed,
  url,
  value,
};
