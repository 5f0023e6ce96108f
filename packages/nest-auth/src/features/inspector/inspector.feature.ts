import { AuthError, type AuthFeature, defineFeature, type FeatureHooks, policyOf } from '@acme/nest-auth';
import { EventCounts } from './event-counts.js';
import { InspectorController, inspectorController } from './inspector.controller.js';
import { Inspector } from './inspector.service.js';
import { INSPECTOR } from './inspector.settings.js';

export interface InspectorOptions {
  /**
   * Who may see it: a decorator of the library, such as `Roles('admin')`. Required if `NODE_ENV` is `production`.
   * @default only this machine, without a login
   */
  readonly access?: ClassDecorator;
}

const define = defineFeature({
  name: 'inspector',
  exports: [],
  hooks: {
    inject: [Inspector],
    useFactory: ({ live }: Inspector): FeatureHooks => ({ feature: 'inspector', observe: live.observer }),
  },
});

/** Without a policy, the inspector is for development only. */
function openInProduction(): string | undefined {
  if (process.env.NODE_ENV !== 'production') return undefined;
  return "inspector() shows who calls what, and NODE_ENV is 'production'; say who may see it, as in inspector({ access: Roles('admin') }), or leave it out of features.";
}

/**
 * A page at `/auth/inspector` that shows who may call what, and each decision of the guard as it is made. In development it
 * answers only this machine.
 *
 * @throws AuthError `invalid_configuration` for an `access` that lets everybody in; at boot without `access`, if `NODE_ENV`
 * is `production`
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({ features: [inspector({ access: Roles('admin') })], useFactory });
 * ```
 */
export function inspector(options: InspectorOptions = {}): AuthFeature {
  const { access, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refusal(`inspector() has no option ${unknown}; write access.`);
  const controller = inspectorController(access === undefined ? undefined : readAccess(access));
  if (access !== undefined) assertClosed(controller);
  return {
    ...define(),
    ...(access === undefined ? { problem: openInProduction } : {}),
    controllers: [controller],
    providers: [Inspector, EventCounts, { provide: INSPECTOR, useValue: { hasAccess: access !== undefined } }],
  };
}

function readAccess(access: unknown): ClassDecorator {
  if (typeof access === 'function') return access as ClassDecorator;
  throw refusal(`access of inspector() is ${access === null ? 'null' : typeof access}; write access: Roles('admin').`);
}

/** Any other decorator would leave the page open to every user. */
function assertClosed(controller: object): void {
  const { page } = InspectorController.prototype;
  const policy = policyOf(page, controller);
  if (policy.access !== 'authenticated')
    throw refusal("access of inspector() lets everybody in; say who may see it, as in Roles('admin').");
  if (policy === policyOf(page, InspectorController))
    throw refusal("access of inspector() is not a decorator of the library; write Roles('admin'), for example.");
}

function refusal(problem: string): AuthError {
  return new AuthError('invalid_configuration', { message: `features: ${problem}` });
}
