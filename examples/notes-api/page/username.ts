import { element } from './element.js';

/** Tells a password manager the user of the password. The field is not visible. */
export function username(email: string): HTMLElement {
  return element('input', { name: 'email', type: 'email', autocomplete: 'username', value: email, hidden: true });
}
