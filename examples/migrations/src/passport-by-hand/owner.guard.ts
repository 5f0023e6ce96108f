import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';

/** What `request.user` is in this app, before the switch and after it. */
export interface OldUser {
  readonly userId: number;
  readonly username: string;
  readonly role: string;
}

/** A guard of the app, which runs after the guard that authenticates. The switch does not change it. */
@Injectable()
export class OwnerGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user, params } = context.switchToHttp().getRequest<{ user: OldUser; params: { userId: string } }>();
    return user.userId === Number(params.userId);
  }
}
