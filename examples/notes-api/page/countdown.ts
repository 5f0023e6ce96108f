import { element } from './element.js';

/** Shows the time that is left, and says so when it is over. Screen readers hear it once, not each second. */
export function countdown(before: string, seconds: number, signal: AbortSignal, over: () => void): HTMLElement {
  const end = Date.now() + seconds * 1000;
  const shown = element('span', { class: 'seconds' });
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    shown.textContent = inWords(left);
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

function inWords(seconds: number): string {
  if (seconds > 120) return `${Math.ceil(seconds / 60)} minutes`;
  return seconds > 1 ? `${seconds} seconds` : '1 second';
}
