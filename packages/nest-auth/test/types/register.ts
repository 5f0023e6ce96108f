/** Compiled by types.spec.ts: an app that augments `Register`. Lines marked `refused` must not compile. */
import {
  AuthService,
  type AuthUser,
  CurrentUser,
  Permissions,
  type Principal,
  Roles,
  type UserStore,
} from '@acme/nest-auth';

interface MyUser extends AuthUser {
  readonly displayName: string;
}

declare module '@acme/nest-auth' {
  interface Register {
    user: MyUser;
    role: 'admin' | 'editor';
    permission: 'notes:write';
  }
}

export const roles = [
  Roles('admin', 'editor'),
  // @ts-expect-error refused: no such role
  Roles('amdin'),
  Permissions('notes:write'),
  // @ts-expect-error refused: no such permission
  Permissions('notes:writes'),
];

export async function displayName(auth: AuthService, caller: Principal): Promise<string> {
  const isAdmin: boolean = caller.roles.includes('admin');
  // @ts-expect-error refused: no such role
  caller.roles.includes('root');
  return isAdmin ? (await auth.user(caller)).displayName : '';
}

export const users: Pick<UserStore<MyUser>, 'findById'> = {
  findById: async () => null,
};

export class Handlers {
  // @ts-expect-error refused: no such property
  list(@CurrentUser('name') _name: string) {}
  mine(@CurrentUser('id') _id: string, @CurrentUser() _caller: Principal) {}
}
