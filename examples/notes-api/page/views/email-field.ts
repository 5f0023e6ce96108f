import type { FieldOptions } from '../field.js';

/** The field for the login, with the name that password managers know. */
export const EMAIL: FieldOptions = {
  name: 'email',
  label: 'E-mail address',
  type: 'email',
  autocomplete: 'username',
  missing: 'Write your e-mail address.',
};
