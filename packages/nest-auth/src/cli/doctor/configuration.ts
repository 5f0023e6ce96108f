import { describeAuth } from '@acme/nest-auth';
import type { INestApplication, INestApplicationContext } from '@nestjs/common';
import type { Report } from './report.js';

/**
 * The effective options of an app's `AuthModule`, without secrets.
 * @throws AuthError `invalid_configuration` when the app has none
 */
export function configurationOf(app: INestApplicationContext): Report {
  const { transport, cookies, loginField, password, ttl, stores, features } = describeAuth(app);
  const inMemory = Object.entries(stores).filter(([, { inMemory }]) => inMemory);
  return {
    facts: {
      transport: transport === 'bearer' ? transport : `${transport} (${cookies.access}, ${cookies.refresh})`,
      login: `${loginField}, with a password of ${password.minLength} to ${password.maxLength} characters`,
      'access token': `${seconds(ttl.access)}`,
      'refresh token': `${seconds(ttl.refresh)}, and no longer than ${seconds(ttl.session)} for a session`,
      features: features.length === 0 ? 'none' : features.join(', '),
      ...Object.fromEntries(Object.entries(stores).map(([port, { name }]) => [port, name])),
    },
    problems: [],
    hints: [
      ...(inMemory.length > 0
        ? [
            `Kept in memory, and lost when the process ends: ${inMemory.map(([port]) => port).join(', ')}. See what production refuses: npx nest-auth doctor --production`,
          ]
        : []),
      ...trustOf(app),
    ],
  };
}

function trustOf(app: INestApplicationContext): string[] {
  const adapter = (app as Partial<INestApplication>).getHttpAdapter?.();
  if (adapter?.getType() !== 'express') return [];
  const { get } = adapter.getInstance() as { readonly get?: (name: string) => unknown };
  if (!get || get.call(adapter.getInstance(), 'trust proxy')) return [];
  return [
    "The app trusts no proxy. Behind a proxy, all callers share the proxy's address: app.set('trust proxy', …). See https://github.com/acme/nest-auth/blob/main/docs/guides/throttling.md",
  ];
}

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const;

function seconds(time: number): string {
  const [size, unit] = UNITS.find(([one]) => time >= one && time % one === 0) ?? [1, 's'];
  return `${time / size} ${unit}`;
}
