import { button, element } from './element.js';

export interface FieldOptions {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'password' | 'code' | 'multiline';
  readonly autocomplete: string;
  /** The error if it is left empty. */
  readonly missing: string;
  readonly hint?: string;
  readonly maxLength?: number;
}

/** A labelled field with its hint and its error. */
export interface Field {
  readonly name: string;
  readonly box: HTMLElement;
  readonly input: HTMLInputElement | HTMLTextAreaElement;
  /** The error of its value that the page can find without the server. */
  problem(): string | undefined;
  /** @param text the error; `undefined` removes it */
  refuse(text: string | undefined): void;
}

export function field(options: FieldOptions): Field {
  const { name, label, type, missing, hint } = options;
  const input = inputOf(options);
  const error = element('p', { class: 'error', id: `${name}-error`, hidden: true });
  const hintText = hint === undefined ? null : element('p', { class: 'hint', id: `${name}-hint` }, hint);
  const isPassword = type === 'password';
  const box = element(
    'div',
    { class: 'field' },
    element('label', { for: name }, label),
    hintText,
    isPassword ? element('div', { class: 'secret' }, input, revealer(input as HTMLInputElement, label)) : input,
    error,
  );
  const describe = () => {
    const ids = [hintText?.id, error.hidden ? null : error.id].filter(Boolean).join(' ');
    if (ids) input.setAttribute('aria-describedby', ids);
    else input.removeAttribute('aria-describedby');
  };
  describe();
  return {
    name,
    box,
    input,
    problem: () => {
      if (input.value.trim() === '') return missing;
      if (input.validity.typeMismatch) return 'Write an e-mail address, such as ann@example.org.';
      if (type === 'code' && !/^\d{6}$/.test(input.value.replace(/[\s-]/g, ''))) return 'The code has six digits.';
      return undefined;
    },
    refuse: (text) => {
      error.hidden = text === undefined;
      error.textContent = text ?? '';
      if (text === undefined) input.removeAttribute('aria-invalid');
      else input.setAttribute('aria-invalid', 'true');
      describe();
    },
  };
}

function inputOf({ name, type, autocomplete, maxLength }: FieldOptions) {
  const common = { id: name, name, autocomplete, required: true, ...(maxLength && { maxlength: String(maxLength) }) };
  if (type === 'multiline') return element('textarea', { ...common, rows: '3' });
  if (type === 'code') return element('input', { ...common, type: 'text', inputmode: 'numeric', spellcheck: 'false' });
  const isText = type === 'text';
  return element('input', { ...common, type, ...(!isText && { autocapitalize: 'none', spellcheck: 'false' }) });
}

/** Shows a password while its owner wants to see it. */
function revealer(input: HTMLInputElement, label: string): HTMLButtonElement {
  const toggle = button(
    'Show',
    () => {
      const isShown = input.type === 'text';
      input.type = isShown ? 'password' : 'text';
      toggle.setAttribute('aria-pressed', String(!isShown));
    },
    { unseen: label.toLowerCase(), class: 'reveal' },
  );
  toggle.setAttribute('aria-pressed', 'false');
  return toggle;
}
