import { element } from './element.js';

/** Tells a password manager whose password it is. Nobody sees it. */
export function username(email: string): HTMLElement {
  return element('input', { name: 'email', type: 'email', autocomplete: 'username', value: email, hidden: true });
}
