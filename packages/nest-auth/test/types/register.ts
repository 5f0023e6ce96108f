/** Compiled by types.spec.ts: an app that augments `Register`. Lines marked `refused` must not compile. */
import {
  type AuthOptions,
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

/** An interface, which has no index signature. */
interface MyClaims {
  tenant: string;
  plan?: 'free' | 'paid';
}

declare module '@acme/nest-auth' {
  interface Register {
    user: MyUser;
    role: 'admin' | 'editor';
    permission: 'notes:write';
    claims: MyClaims;
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

export function tenantOf({ claims }: Principal): string {
  const tenant: string = claims.tenant;
  const plan: 'free' | 'paid' | undefined = claims.plan;
  // A claim that is not registered may exist; its type is unknown.
  const issued: unknown = claims.iat;
  // @ts-expect-error refused: unknown until its type is checked
  const custom: string = claims.custom;
  // @ts-expect-error refused: claims are frozen
  claims.tenant = 'other';
  // @ts-expect-error refused: so are those that are not registered
  claims.custom = 'other';
  return `${tenant} ${plan} ${issued} ${custom}`;
}

export const claims: NonNullable<AuthOptions['claims']>[] = [
  () => ({ tenant: 'acme' }),
  async ({ displayName }): Promise<MyClaims> => ({ tenant: displayName, plan: 'paid' }),
  // @ts-expect-error refused: a registered claim is missing
  () => ({ plan: 'free' as const }),
  // @ts-expect-error refused: a registered claim of another type
  async () => ({ tenant: 5 }),
  // @ts-expect-error refused: no such claim
  (): MyClaims => ({ tenant: 'acme', tenat: 'x' }),
];

export class Handlers {
  // @ts-expect-error refused: no such property
  list(@CurrentUser('name') _name: string) {}
  mine(@CurrentUser('id') _id: string, @CurrentUser() _caller: Principal) {}
}
