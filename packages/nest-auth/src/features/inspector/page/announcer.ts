import { byId } from './element.js';

/** The shortest time between two announcements to a screen reader, in milliseconds. */
const PAUSE = 5_000;

let waiting: (() => string) | undefined;
let isResting = false;

/** Tells a screen reader something. Texts that come too soon wait, and only the newest is told. */
export function announce(text: () => string): void {
  waiting = text;
  if (!isResting) tell();
}

/** Tells the answer to the user's own action at once. */
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
