import { AuthClientError } from '@acme/nest-auth-client';
import { element } from './element.js';
import { failureOf } from './failure.js';
import { loaded } from './loaded.js';
import type { Visit } from './view.js';

/** The token of a mail's link, `#token=…`. It stays in the address until it is used, so that a reload works. */
export function tokenOfLink(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('token');
}

/** The view that is shown instead of a link's view if the token is missing. */
export function incompleteLink(): HTMLElement {
  return element('p', { class: 'problem' }, 'This link is not complete.');
}

/**
 * Uses a link as soon as its view is shown. If the server refuses the link, trying again is useless, so the view offers
 * a new link.
 * @param use shows another view when it is done
 */
export function openedLink(visit: Visit, use: () => Promise<void>, another: Node): HTMLElement {
  const attempt = async () => {
    try {
      await use();
      return [];
    } catch (error) {
      if (!isFinal(error)) throw error;
      return [element('p', { class: 'problem', role: 'alert' }, failureOf(error).text), another];
    }
  };
  return loaded(visit, attempt, (content) => content);
}

function isFinal(error: unknown): boolean {
  return error instanceof AuthClientError && [400, 401, 409].includes(error.status);
}
