import { button, element } from '../../element.js';
import { tell } from '../../outcome.js';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly replaced_by: string | null;
}

export interface NewApiKey extends ApiKey {
  readonly key: string;
}

/** Shows the key itself, once: no later answer has it. */
export class FreshKey {
  readonly place = element('div', { class: 'fresh' });
  #id: string | undefined;

  /** @param before and @param after further elements before and after the key */
  show({ id, key }: NewApiKey, before: string, after = ''): void {
    this.#id = id;
    this.place.replaceChildren(
      element('p', { tabindex: '-1' }, `${before} Copy it now: it is not shown again. ${after}`),
      element('p', {}, element('code', {}, key)),
      button('Copy the key', () => copy(key)),
    );
    this.place.querySelector('p')?.focus();
  }

  /** Hides a key that was deleted. */
  forget(id: string): void {
    if (id === this.#id) this.place.replaceChildren();
  }
}

async function copy(key: string): Promise<void> {
  const isCopied = await navigator.clipboard.writeText(key).then(
    () => true,
    () => false,
  );
  tell(isCopied ? 'The key is copied.' : 'Your browser did not copy the key. Select it, and copy it by hand.');
}
