import { byId } from './element.js';

/** A screen reader is told at most this often, in milliseconds. */
const PAUSE = 5_000;

let waiting: (() => string) | undefined;
let isResting = false;

/** Tells a screen reader something. What comes too soon waits, and only the newest of it is told. */
export function announce(text: () => string): void {
  waiting = text;
  if (!isResting) tell();
}

/** Tells what somebody has just asked for. */
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
