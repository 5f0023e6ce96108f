import { takeAnswer } from './acme-id/answer.js';
import { attempt } from './attempt.js';
import { button, element, link } from './element.js';
import { textOf } from './failure.js';
import { loaded } from './loaded.js';
import { tell } from './outcome.js';
import { isRefused, Session } from './session.js';
import type { View, Visit } from './view.js';
import { allNotes } from './views/all-notes.js';
import { forbidden, missing } from './views/dead-ends.js';
import { forgotPassword } from './views/forgot-password.js';
import { login } from './views/login.js';
import { magicLink } from './views/magic-link.js';
import { myNotes } from './views/my-notes.js';
import { register } from './views/register.js';
import { resetPassword } from './views/reset-password.js';
import { security } from './views/security/security.js';
import { verifyEmail } from './views/verify-email.js';

const VIEWS: Readonly<Record<string, View>> = {
  '/': myNotes,
  '/all-notes': allNotes,
  '/security': security,
  '/login': login,
  '/magic-link': magicLink,
  '/register': register,
  '/verify-email': verifyEmail,
  '/forgot-password': forgotPassword,
  '/reset-password': resetPassword,
};

/** Shows the view of the address, if it is meant for this user. */
export class App {
  readonly #session = new Session((why, isLogout) => this.#sayGoodbye(why, isLogout));
  readonly #top = document.querySelector('#top') as HTMLElement;
  readonly #main = document.querySelector('#view') as HTMLElement;
  #visit = new AbortController();

  /** The first view does not move the focus. */
  start(): void {
    document.addEventListener('click', (event) => this.#follow(event));
    window.addEventListener('popstate', () => this.show());
    // The session may have ended meanwhile, and "back" may show an old page.
    document.addEventListener('visibilitychange', () => document.hidden || void this.#check());
    window.addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
    this.#session.onLoginElsewhere(() => void this.#check());
    window.addEventListener('offline', () => tell('You are offline.'));
    window.addEventListener('online', () => tell('You are online again.'));
    const visit = this.#begin();
    const known = () => {
      this.show({ isFirst: true });
      const error = takeAnswer('error');
      if (error !== null) tell(textOf(error));
      return [];
    };
    this.#main.replaceChildren(loaded(visit, () => this.#session.load(), known));
  }

  show({ isFirst = false } = {}): void {
    const visit = this.#begin();
    const [view, content] = this.#choose(visit);
    const heading = element('h1', { tabindex: '-1' }, view.title);
    document.title = `${view.title} · Notes`;
    this.#main.replaceChildren(heading, ...content);
    this.#main.className = view.for === 'users' || view.for === 'admins' ? '' : 'narrow';
    this.#showTop(visit);
    if (isFirst) return;
    tell('');
    window.scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }

  #begin(): Visit {
    this.#visit.abort();
    this.#visit = new AbortController();
    const session = this.#session;
    return {
      session,
      signal: this.#visit.signal,
      go: (path, isReplaced) => this.#go(path, isReplaced),
      isOver: (error) => {
        if (!session.user || !isRefused(error)) return false;
        session.end(error.code);
        return true;
      },
    };
  }

  #choose(visit: Visit): [View, Node[]] {
    const { user } = this.#session;
    const view = VIEWS[location.pathname] ?? missing;
    if (view.for === 'everybody') return [view, view.show(visit)];
    if (view.for === 'visitors') {
      if (!user) return [view, view.show(visit)];
      history.replaceState(null, '', '/');
      return this.#choose(visit);
    }
    // At the same address, so that it is shown after the login.
    if (!user) return [login, login.show(visit)];
    if (view.for === 'admins' && !user.roles.includes('admin')) return [forbidden, forbidden.show(visit)];
    return [view, view.show(visit, user)];
  }

  #go(path: string, isReplaced = false): void {
    if (isReplaced || path === location.pathname) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    this.show();
  }

  #follow(event: MouseEvent): void {
    const { target, button: pressed, ctrlKey, metaKey, shiftKey, altKey } = event;
    const anchor = target instanceof Element ? target.closest('a') : null;
    if (!anchor || pressed !== 0 || ctrlKey || metaKey || shiftKey || altKey || event.defaultPrevented) return;
    if (anchor.hash === '#view') {
      event.preventDefault();
      this.#main.focus();
    } else if (anchor.origin === location.origin && VIEWS[anchor.pathname]) {
      event.preventDefault();
      this.#go(anchor.pathname);
    }
  }

  async #check(): Promise<void> {
    const before = this.#session.user?.id;
    // Without an answer there is nothing to do: the next request finds out.
    await this.#session.load().catch(() => {});
    const now = this.#session.user?.id;
    if (now !== undefined && now !== before) this.show();
  }

  #sayGoodbye(why: string, isLogout: boolean): void {
    if (isLogout) this.#go('/login');
    else this.show();
    tell(why);
  }

  #showTop(visit: Visit): void {
    const { user } = this.#session;
    const entry = (path: string, text: string) =>
      element('li', {}, link(path, text, location.pathname === path ? { 'aria-current': 'page' } : {}));
    const entries = user
      ? [
          entry('/', 'My notes'),
          ...(user.roles.includes('admin') ? [entry('/all-notes', 'All notes')] : []),
          entry('/security', 'Security'),
        ]
      : [entry('/login', 'Log in'), entry('/register', 'Register')];
    const leave = async () => void (await attempt(visit, () => this.#session.leave(false)));
    this.#top.replaceChildren(
      link('/', 'Notes', { class: 'brand' }),
      element('nav', { 'aria-label': 'Main' }, element('ul', {}, ...entries)),
      ...(user
        ? [element('div', { class: 'who' }, element('span', {}, user.displayName), button('Log out', leave))]
        : []),
    );
  }
}
