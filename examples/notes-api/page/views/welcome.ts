import { tell } from '../outcome.js';
import type { Visit } from '../view.js';

/** Shows the view that was asked for before the login. */
export async function welcome({ session, go }: Visit): Promise<void> {
  await session.begin();
  go(location.pathname, true);
  tell(`You are logged in as ${session.user?.displayName}.`);
}
