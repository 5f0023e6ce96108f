import { element, moment } from '../element.js';
import type { Note } from '../notes.js';

/** A note in a list. @param beside the elements below the text, next to the time */
export function noteEntry({ text, createdAt }: Note, beside: HTMLElement): HTMLElement {
  return element(
    'li',
    {},
    element('p', { class: 'text' }, text),
    element('div', { class: 'below' }, element('span', { class: 'muted' }, moment(createdAt)), beside),
  );
}
