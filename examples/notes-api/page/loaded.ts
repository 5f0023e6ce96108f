import { countdown } from './countdown.js';
import { button, element } from './element.js';
import { type Failure, failureOf } from './failure.js';
import type { Visit } from './view.js';

/** A place for content that must be loaded: it shows that it is loading, or why it failed, and tries again. */
export function loaded<T>(visit: Visit, load: () => Promise<T>, show: (value: T) => Node[]): HTMLElement {
  const place = element('div', { class: 'loaded', tabindex: '-1' });
  const fill = (...content: Node[]) => {
    const hadFocus = place.contains(document.activeElement);
    place.replaceChildren(...content);
    if (hadFocus) place.focus();
  };
  const start = async () => {
    place.setAttribute('aria-busy', 'true');
    fill(element('p', { class: 'muted loading' }, 'Loading…'));
    try {
      const value = await load();
      if (!visit.signal.aborted) fill(...show(value));
    } catch (error) {
      if (!visit.signal.aborted && !visit.isOver(error)) fill(problem(failureOf(error), visit, start));
    } finally {
      place.removeAttribute('aria-busy');
    }
  };
  void start();
  return place;
}

/** Shows the problem, and tries again: at a click, when the wait is over, or when the network is back. */
function problem({ text, wait, isPassing }: Failure, visit: Visit, retry: () => void): HTMLElement {
  const done = new AbortController();
  const signal = AbortSignal.any([visit.signal, done.signal]);
  const again = () => {
    if (signal.aborted) return;
    done.abort();
    retry();
  };
  if (isPassing) window.addEventListener('online', again, { signal });
  return element(
    'div',
    { class: 'problem' },
    element('p', { role: 'alert' }, text),
    wait === undefined ? null : element('p', {}, countdown('Next attempt in ', wait, signal, again)),
    button('Try again', again),
  );
}
