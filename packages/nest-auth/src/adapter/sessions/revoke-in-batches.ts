import { countOf } from './session-values.js';

/**
 * `SessionStore.revokeAll` for a database that cannot choose, lock and update in one statement. Another caller may
 * revoke some of the chosen rows first; then more may be left, and it chooses again.
 *
 * @param choose answers with at most so many ids of sessions that are not revoked
 * @param revoke revokes those that still are not, and answers with their ids
 * @throws TypeError unless the limit is a whole number, 0 or more
 */
export async function revokeInBatches(
  limit: number,
  choose: (limit: number) => Promise<readonly string[]>,
  revoke: (ids: readonly string[]) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const most = countOf(limit);
  const revoked: string[] = [];
  for (;;) {
    const left = most - revoked.length;
    const chosen = await choose(left);
    if (chosen.length > 0) revoked.push(...(await revoke(chosen)));
    if (chosen.length < left || revoked.length === most) return revoked;
  }
}
