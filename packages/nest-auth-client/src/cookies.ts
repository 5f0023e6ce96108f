import type { Locks } from './browser.js';
import type { Transport } from './transport.js';

/** Longer than a request takes to be refused; not forever, because a page that holds a lock is not kept for "back". */
const MARK_TTL = 30_000;

/**
 * No script sees the cookies, so what counts is when they changed. Each change is a mark: a shared lock whose name has
 * the time. Messages and localStorage reach a tab at any time after it is granted the lock; marks are there before.
 */
export function cookies(name: string, locks?: Locks): Transport<number> {
  const prefix = `${name}#`;
  let own = '';
  let last = 0;

  return {
    init: { credentials: 'include' },
    headers: { 'X-Auth-Transport': 'cookie' },
    // Later than the tab's own mark, also within its millisecond.
    seen: () => Math.max(Date.now(), last + 1),
    proof: () => ({}),
    repeatable: async (seen) => {
      const held = (await locks?.query())?.held ?? [];
      let isRenewed: boolean | undefined;
      for (const { name = '' } of [{ name: own }, ...held]) {
        const at = Number.parseInt(`${name.split(prefix)[1]}`, 10);
        if (at >= seen) isRenewed = isRenewed !== false && !name.endsWith('login');
      }
      return isRenewed;
    },
    keep: async (answer, seen) => {
      if (!answer.expires_in || answer.access_token) return undefined;
      last = Date.now();
      own = prefix + last + (seen ? '' : 'login');
      await new Promise<void>((visible) => {
        if (!locks) return visible();
        // Without its mark, another tab refreshes once more.
        locks
          .request(own, { mode: 'shared' }, () => {
            visible();
            return new Promise((gone) => setTimeout(gone, MARK_TTL));
          })
          .catch(visible);
      });
      return answer;
    },
  };
}
