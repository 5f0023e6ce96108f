import { element } from '../element.js';

/** Whether the session outlives the browser. */
export function rememberChoice(): { readonly box: HTMLElement; isChosen(): boolean } {
  const input = element('input', { type: 'checkbox', id: 'remember', name: 'remember' });
  const label = element('label', { for: 'remember' }, 'Keep me logged in on this device');
  return { box: element('div', { class: 'choice' }, input, label), isChosen: () => input.checked };
}
