import { byId } from './element.js';

/** The shortest time between two announcements to a screen reader, in milliseconds. */
const PAUSE = 5_000;

let waiting: (() => string) | undefined;
let isResting = false;

/** Announces a text to a screen reader. Texts that come too soon wait, and only the newest is announced. */
export function announce(text: () => string): void {
  waiting = text;
  if (!isResting) tell();
}

/** Announces a text at once, because the user has just asked for it. */
export function announceNow(text: string): void {
  byId('announcer').textContent = text;
}

function tell(): void {
  if (!waiting) return;
  announceNow(waiting());
  waiting = undefined;
  isResting = true;
  setTimeout(() => {
    isResting = false;
    tell();
  }, PAUSE);
}
