import { Controller, type Type, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common';
import { standIn } from '../core/policy/declared-policy.js';
import { markOwn } from '../core/policy/marks.js';
import { JwtAuthGuard } from '../guards/jwt-auth.guard.js';
import { AuthErrorFilter } from '../transports/auth-error.filter.js';
import { TokenAnswers } from './token-answers.js';

// Nest's own metadata key, which it does not export.
const PATH = 'path';

/** Whether each method answers, by its name; a method that is not listed answers. */
export type RouteSettings = Readonly<Record<string, boolean | undefined>>;

/**
 * A controller of the library or of a feature, below the app's prefix, without the routes that are turned off.
 * @param routes which methods are off
 */
export function mounted(controller: Type, prefix: string, routes: RouteSettings): Type {
  @UseFilters(AuthErrorFilter)
  @UseInterceptors(TokenAnswers)
  class MountedController extends controller {}
  standIn(MountedController);
  markOwn(MountedController);
  Object.defineProperty(MountedController, 'name', { value: controller.name });
  const own = [(Reflect.getMetadata(PATH, controller) as string | string[] | undefined) ?? ''].flat();
  const paths = own.map((path) => below(prefix, path));
  // Host, version and scope are inherited; the decorator would reset them.
  if (Reflect.hasMetadata(PATH, controller)) Reflect.defineMetadata(PATH, paths, MountedController);
  else Controller(paths)(MountedController);
  for (const [method, isOn] of Object.entries(routes)) {
    // Nest maps the methods that it finds on the prototype; a value that is not a function hides the inherited one.
    if (isOn === false) Object.defineProperty(MountedController.prototype, method, { value: undefined });
  }
  return MountedController;
}

function below(prefix: string, path: string): string {
  return [prefix, path.replace(/^\/+|\/+$/g, '')].filter((part) => part !== '').join('/');
}

/** Whether a controller answers a route by this method. */
export function isRoute({ prototype }: Type, method: string): boolean {
  const handler: unknown = Reflect.get(prototype, method);
  // `constructor` is the class, which has a path too.
  return method !== 'constructor' && typeof handler === 'function' && Reflect.hasOwnMetadata(PATH, handler);
}

/** The methods by which a controller answers its own routes. */
export function routesOf(controller: Type): string[] {
  return Object.getOwnPropertyNames(controller.prototype).filter((name) => isRoute(controller, name));
}

/** Without a global guard, each of the library's controllers brings its own. */
export function guarded(controller: Type): Type {
  @UseGuards(JwtAuthGuard)
  class GuardedController extends controller {}
  standIn(GuardedController);
  return GuardedController;
}
