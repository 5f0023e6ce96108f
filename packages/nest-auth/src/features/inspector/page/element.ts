type Attributes = Readonly<Record<string, string | boolean | undefined>>;
export type Child = Node | string | undefined;

/** Makes an element. Texts become text nodes, so a name, a role or a route is never read as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no #${id}.`);
  return found;
}

/** A label around its field. */
export function labelled(text: string, field: HTMLElement): HTMLLabelElement {
  return element('label', {}, element('span', {}, text), field);
}

/** A choice of texts. The first text means all. */
export function choice(options: readonly string[]): HTMLSelectElement {
  return element('select', {}, ...options.map((option) => element('option', { value: option }, option)));
}

/** `1 call`, `2 calls` */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
