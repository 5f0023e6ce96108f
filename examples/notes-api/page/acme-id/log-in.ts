import { button } from '../element.js';

/** The address where a login begins. The server has written it into the page. */
const begin = document.querySelector<HTMLMetaElement>('meta[name="acme-id"]')?.content;
/** The views that a login may end at: src/acme-id/social-options.ts. */
const VIEWS = ['/', '/all-notes', '/security'];

export const hasAcmeId = begin !== undefined;

/** The address of a view, with the origin under which the server knows this app. */
export function ofThisApp(view: string): string {
  return new URL(view, begin).href;
}

/** A button that goes to Acme ID and comes back to this view. Without Acme ID, the list is empty. */
export function acmeIdButton(label: string, isRemembered: () => boolean): Node[] {
  if (begin === undefined) return [];
  const go = () => {
    const view = VIEWS.find((path) => path === location.pathname) ?? '/';
    const query = { transport: 'cookie', return_to: ofThisApp(view), remember: String(isRemembered()) };
    location.assign(`${begin}?${new URLSearchParams(query)}`);
  };
  return [button(label, go, { class: 'wide' })];
}
