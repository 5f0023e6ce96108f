import { Public, Roles } from '@acme/nest-auth';
import { inspector } from '@acme/nest-auth/inspector';
import { Controller, Get } from '@nestjs/common';
import type { TestApp } from '../../../packages/nest-auth/test/support/app.js';
import { startBrowsedApp } from './app.js';

/** A text that must never become a script in the page. */
export const HOSTILE = '<img src=x onerror=alert(1)>';

@Controller()
class HostileController {
  @Roles(HOSTILE)
  @Get('hostile')
  hostile(): object {
    return {};
  }

  @Public()
  @Get('open')
  open(): string {
    return '<!doctype html><title>open</title>';
  }

  @Public()
  @Get('favicon.ico')
  icon(): void {}
}

/** An app with the inspector. */
export function startInspectedApp(): Promise<TestApp> {
  return startBrowsedApp({ features: [inspector()], controllers: [HostileController] });
}
