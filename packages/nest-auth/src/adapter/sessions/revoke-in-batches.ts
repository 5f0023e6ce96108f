import { countOf } from './session-values.js';

/**
 * `SessionStore.revokeAll` for a database that cannot choose, lock and update in one statement. If another caller
 * revokes some of the chosen rows first, it chooses again, because more may be left.
 *
 * @param choose returns at most `limit` ids of sessions that are not revoked
 * @param revoke revokes those of them that are still not revoked, and returns their ids
 * @throws TypeError if the limit is not a whole number or is negative
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
