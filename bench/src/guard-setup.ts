import type { DynamicModule, INestApplication, Provider } from '@nestjs/common';

/** One way to guard an app's routes. */
export interface GuardSetup {
  readonly imports?: readonly DynamicModule[];
  readonly providers?: readonly Provider[];
  readonly routeDecorator?: MethodDecorator;
  /** Runs once the app listens. */
  prepare?(app: INestApplication): Promise<void>;
  /** Header lines that the guard accepts; without them, a bearer token of the bench itself. */
  credentials?(): readonly string[];
  close?(): Promise<void>;
}
