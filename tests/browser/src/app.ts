import { startApp, type TestApp, type TestAppOptions } from '../../../packages/nest-auth/test/support/app.js';

/**
 * An app for a browser, on the built library. A browser opens connections that it may never use; when a server closes,
 * Node.js waits for them forever. This app closes them.
 */
export function startBrowsedApp(options: TestAppOptions): Promise<TestApp> {
  return startApp({ ...options, create: { ...options.create, forceCloseConnections: true } });
}
