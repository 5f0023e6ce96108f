export { budget } from './budget.js';
export { group, list } from './composites.js';
export { typed } from './field.js';
export { duration, integer, orFalse } from './numbers.js';
export { callback, choice, flag, port, text, value } from './values.js';
