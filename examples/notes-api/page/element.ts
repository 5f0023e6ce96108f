type Child = Node | string | null;

/** A value of `true` is an attribute without a value; `false` leaves the attribute out. */
export type Attributes = Readonly<Record<string, string | boolean>>;

/** Makes an element. Strings become text and never HTML. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

interface ButtonOptions {
  /** Text after the label, only for screen readers. */
  readonly unseen?: string;
  readonly class?: string;
}

/** A button that does one thing at a time on this page. */
export function button(label: string, action: () => void | Promise<void>, options: ButtonOptions = {}) {
  const { unseen = '', class: look = 'quiet' } = options;
  const made = element('button', { type: 'button', class: look }, label, unseenText(unseen));
  let isBusy = false;
  made.addEventListener('click', async () => {
    if (isBusy) return;
    isBusy = true;
    // Not `disabled`, because that would remove the focus.
    made.setAttribute('aria-disabled', 'true');
    try {
      await action();
    } finally {
      isBusy = false;
      made.removeAttribute('aria-disabled');
    }
  });
  return made;
}

/** A link to another view. */
export function link(path: string, text: string, attributes: Attributes = {}): HTMLAnchorElement {
  return element('a', { href: path, ...attributes }, text);
}

/** Text only for screen readers. */
export function unseenText(text: string): HTMLElement | null {
  return text === '' ? null : element('span', { class: 'unseen' }, ` ${text}`);
}

/** A moment, in the reader's own way of writing it. */
export function moment(iso: string): HTMLTimeElement {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return element('time', { datetime: iso }, format.format(new Date(iso)));
}
