import type { AuthUser, UserStore } from '../../ports/user-store.js';
import { AuthError } from '../errors/auth-error.js';

/** The user as the store knows them now. @throws AuthError `user_not_found`, `user_disabled`, `store_unavailable` */
export async function activeUser(users: UserStore, id: string): Promise<AuthUser> {
  const user = await users.findById(id);
  if (!user || user.disabledAt) throw new AuthError(user ? 'user_disabled' : 'user_not_found');
  return user;
}
