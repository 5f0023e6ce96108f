import { element } from './element.js';

/** Shows the seconds that are left, and says so when they are over. Screen readers hear it once, not each second. */
export function countdown(before: string, seconds: number, signal: AbortSignal, over: () => void): HTMLElement {
  const end = Date.now() + seconds * 1000;
  const shown = element('span', { class: 'seconds' });
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    shown.textContent = `${Math.max(left, 1)} ${left > 1 ? 'seconds' : 'second'}`;
    if (left > 0) return;
    stop();
    over();
  };
  const stop = () => clearInterval(timer);
  const timer = setInterval(tick, 250);
  signal.addEventListener('abort', stop);
  tick();
  return element('span', {}, before, shown, '.');
}
