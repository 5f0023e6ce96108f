/** Compiled by types.spec.ts: the types that the table of a feature's options gives its author and an app. */
import type { AuthOptions } from '@acme/nest-auth';
import { group } from '../../src/options/fields/composites.js';
import type { OptionsOf, SettingsOf } from '../../src/options/fields/field.js';
import { duration } from '../../src/options/fields/numbers.js';
import { choice, text } from '../../src/options/fields/values.js';

/** Whether two types are the same in every member, also in optional ones. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const TABLE = {
  issuer: text({ required: true, example: "'Acme'", doc: 'Shown in the app.' }),
  label: text({ example: "'Acme'", doc: 'Shown below it.' }),
  algorithm: choice({ of: ['SHA1', 'SHA256'], default: 'SHA1', doc: 'Of the codes.' }),
  window: group({ past: duration({ default: '30s', min: 0, max: '2m', doc: 'Codes of the past.' }) }),
};

export const inferred: readonly true[] = [
  true satisfies Same<
    OptionsOf<typeof TABLE>,
    {
      readonly issuer: string;
      readonly label?: string;
      readonly algorithm?: 'SHA1' | 'SHA256';
      readonly window?: { readonly past?: string | number };
    }
  >,
  true satisfies Same<
    SettingsOf<typeof TABLE>,
    {
      readonly issuer: string;
      readonly label: string | undefined;
      readonly algorithm: 'SHA1' | 'SHA256';
      readonly window: { readonly past: number };
    }
  >,
];

/** A feature types its options by adding them to those of the module. */
declare module '@acme/nest-auth' {
  interface AuthOptions {
    readonly totp?: OptionsOf<typeof TABLE>;
  }
}

export const options: Pick<AuthOptions, 'totp'>[] = [
  { totp: { issuer: 'Acme' } },
  // @ts-expect-error refused: no such algorithm
  { totp: { issuer: 'Acme', algorithm: 'MD5' } },
];
