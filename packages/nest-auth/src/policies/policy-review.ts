import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { AuthError } from '../core/errors/auth-error.js';
import { internalsOf } from './collection/app-internals.js';
import { policiesOf } from './list-policies.js';
import type { PolicyFinding } from './policy-list.js';
import { ReviewSettings } from './review-settings.js';

/** Reports all findings about the policies of an app together, when it boots. */
@Injectable()
export class PolicyReview implements OnApplicationBootstrap {
  constructor(
    @Inject(ReviewSettings) private readonly settings: ReviewSettings | null,
    @Inject(ModuleRef) private readonly module: ModuleRef,
  ) {}

  /** Runs after the routes are registered. @throws AuthError `invalid_configuration` */
  onApplicationBootstrap(): void {
    if (!this.settings) return;
    const { findings } = policiesOf(internalsOf(this.module), this.settings);
    if (findings.length === 0) return;
    const list = findings.map(lineOf).join('\n');
    if (this.settings.onFinding === 'throw') {
      throw new AuthError('invalid_configuration', {
        message: `AuthModule cannot start, because of the option policy:\n${list}`,
      });
    }
    new Logger('AuthModule').warn(`Check the policies of this app:\n${list}`);
  }
}

function lineOf({ code, message, remedy }: PolicyFinding): string {
  return `  - ${code}: ${message} ${remedy}`;
}
