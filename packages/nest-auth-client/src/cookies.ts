import type { Locks } from './browser.js';
import type { Transport } from './transport.js';

/** Longer than a refused request takes. It must end: browsers keep no page with a lock for the "back" button. */
const MARK_TTL = 30_000;

/**
 * Scripts cannot see the cookies, so the time of their last change counts. Each change sets a mark: a shared lock with
 * the time in its name. A tab may see messages and localStorage only after its turn begins; it sees marks before.
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
        // If the mark cannot be set, another tab refreshes once more.
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
