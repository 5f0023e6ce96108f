import { element, link } from '../element.js';
import type { OpenView } from '../view.js';

const deadEnd = (title: string, text: string): OpenView => ({
  title,
  for: 'everybody',
  show: () => [element('p', { class: 'muted' }, text), element('p', {}, link('/', 'Go to your notes'))],
});

export const missing = deadEnd('Not found', 'There is nothing at this address.');
export const forbidden = deadEnd('For admins only', 'Your account may not see this.');
