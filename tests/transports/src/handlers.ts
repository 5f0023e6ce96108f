import {
  AuthError,
  Authorize,
  CurrentUser,
  OptionalAuth,
  type Principal,
  Public,
  Require,
  RequireRecent,
  Roles,
} from '@acme/nest-auth';
import type { Type } from '@nestjs/common';

/** Every handler of the table, by its name. */
export const HANDLERS = [
  'bare',
  'open',
  'optional',
  'admin',
  'ruled',
  'userId',
  'refusing',
  'adminClassBare',
  'adminClassOpen',
  'openClassBare',
  'openClassAdmin',
  'wrappedAdmin',
  'wrappedOpen',
  'overridden',
  'inherited',
  'required',
  'requiredClass',
  'recent',
  'recentClass',
] as const;

export type Handler = (typeof HANDLERS)[number];

export interface Seen {
  readonly caller: string;
}

const seen = (caller: Principal | null): Seen => ({ caller: caller?.id ?? 'nobody' });

/** A condition like that of a feature, with a code of its own. */
const RequireAdmin = () =>
  Require({
    kind: 'stories.admin',
    name: 'an admin',
    refusal: ({ roles }) => (roles.includes('admin') ? undefined : new AuthError('wrong_password')),
  });

/** Like some tracing libraries: replaces the method with another function, without its metadata. */
const Trace: MethodDecorator = (_target, _name, descriptor) => {
  const method = descriptor.value as (...args: never[]) => unknown;
  descriptor.value = function (this: unknown, ...args: never[]) {
    return method.apply(this as never, args);
  } as never;
};

/**
 * The one set of handlers, with the library's decorators; a transport adds its own.
 *
 * @param on the transport's decorator of a handler: `@Get(name)`, `@Query(…)`, `@SubscribeMessage(name)` …
 */
export function handlerClasses(on: (name: Handler) => MethodDecorator): Type[] {
  class PlainHandlers {
    @on('bare')
    bare(@CurrentUser() caller: Principal) {
      return seen(caller);
    }

    @Public()
    @on('open')
    open(@CurrentUser() caller: Principal | null) {
      return seen(caller);
    }

    @OptionalAuth()
    @on('optional')
    optional(@CurrentUser() caller: Principal | null) {
      return seen(caller);
    }

    @Roles('admin')
    @on('admin')
    admin(@CurrentUser() caller: Principal) {
      return seen(caller);
    }

    @Authorize((caller, context) => caller.roles.includes('admin') && context.getHandler().name === 'ruled')
    @on('ruled')
    ruled(@CurrentUser() caller: Principal) {
      return seen(caller);
    }

    @on('userId')
    userId(@CurrentUser('id') caller: string) {
      return { caller };
    }

    @Public()
    @on('refusing')
    refusing() {
      throw new AuthError('too_many_attempts', { retryAfter: 7 });
    }

    @on('wrappedAdmin')
    @Trace
    @Roles('admin')
    wrappedAdmin(@CurrentUser() caller: Principal) {
      return seen(caller);
    }

    @on('wrappedOpen')
    @Trace
    @Public()
    wrappedOpen(@CurrentUser() caller: Principal | null) {
      return seen(caller);
    }
  }

  @RequireAdmin()
  abstract class RequiringHandlers {
    @on('requiredClass')
    requiredClass(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
  }

  class RequiredHandlers extends RequiringHandlers {
    @RequireAdmin()
    @on('required')
    required(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
  }

  @RequireRecent('5m')
  class RecentHandlers {
    @on('recentClass')
    recentClass(@CurrentUser() caller: Principal) {
      return seen(caller);
    }

    @RequireRecent('10m')
    @on('recent')
    recent(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
  }

  @Roles('admin')
  class AdminHandlers {
    @on('adminClassBare')
    adminClassBare(@CurrentUser() caller: Principal) {
      return seen(caller);
    }

    @Public()
    @on('adminClassOpen')
    adminClassOpen(@CurrentUser() caller: Principal | null) {
      return seen(caller);
    }
  }

  abstract class OverriddenHandlers {
    @Roles('admin')
    overridden(caller: Principal) {
      return seen(caller);
    }
  }

  @Public()
  class OpenHandlers extends OverriddenHandlers {
    @on('overridden')
    override overridden(@CurrentUser() caller: Principal) {
      return seen(caller);
    }

    @on('openClassBare')
    openClassBare(@CurrentUser() caller: Principal | null) {
      return seen(caller);
    }

    @Roles('admin')
    @on('openClassAdmin')
    openClassAdmin(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
  }

  @Roles('admin')
  abstract class InheritedHandlers {
    @on('inherited')
    inherited(@CurrentUser() caller: Principal) {
      return seen(caller);
    }
  }

  class InheritingHandlers extends InheritedHandlers {}

  return [PlainHandlers, RequiredHandlers, RecentHandlers, AdminHandlers, OpenHandlers, InheritingHandlers];
}
