import type { FieldOptions } from '../field.js';

/** As password managers know the login. */
export const EMAIL: FieldOptions = {
  name: 'email',
  label: 'E-mail address',
  type: 'email',
  autocomplete: 'username',
  missing: 'Write your e-mail address.',
};
