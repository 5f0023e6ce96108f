import { OptionReader } from '../option-reader.js';

/** One option: how it is read, and what the reference says about it. */
export interface Field<Given = unknown, Read = unknown> {
  readonly about: About;
  /** The options of a group. */
  readonly members?: Table;
  /** Returns the value or its default. After a problem it returns the default, if there is one. */
  readonly read: (at: string, given: unknown, found: OptionReader) => Read;
  /** Never present at run time: it carries the types. */
  readonly types?: { readonly given: Given; readonly read: Read };
}

/** Options by name. The types, the boot messages and the reference come from it. */
export type Table = Readonly<Record<string, Field>>;

/** For the IDE and docs/reference. */
export interface About {
  readonly doc: string;
  /** As TypeScript. */
  readonly type: string;
  readonly isRequired: boolean;
  /** The default, as code or in words; `undefined` if there is none. */
  readonly default: unknown;
  readonly isInWords: boolean;
  readonly range: string | undefined;
  /** Whether it is a function whose parameters may be narrower than the library's. */
  readonly isMethod: boolean;
}

/** What every builder takes. */
export interface Spec<Given> {
  /** One or two plain sentences. */
  readonly doc?: string;
  readonly required?: true;
  /** The message if it is required and missing. */
  readonly missing?: string;
  readonly default?: Given;
  /** Like `default`, but made at boot. */
  readonly make?: () => Given;
  /** The default in words, if code cannot express it. */
  readonly shown?: string;
}

/** A type as text that carries the type. */
export type TypeText<T> = string & { readonly carries?: { readonly type: T } };

/** Names a type in TypeScript syntax. The file of the table must import that type. */
export function typed<T>(text: string): TypeText<T> {
  return text as TypeText<T>;
}

/** Required, or optional with a default, or optional. */
export type FieldOf<S, Given, Read = Given> = S extends { readonly required: true }
  ? Field<Given, Read>
  : S extends { readonly default: unknown } | { readonly make: unknown }
    ? Field<Given | undefined, Read>
    : Field<Given | undefined, Read | undefined>;

type GivenOf<F> = F extends { readonly types?: { readonly given: infer G } } ? G : never;
type ReadOf<F> = F extends { readonly read: (...args: never[]) => infer R } ? R : never;
type OptionalKeys<T> = { [K in keyof T]: undefined extends GivenOf<T[K]> ? K : never }[keyof T];
type Flat<T> = { [K in keyof T]: T[K] };

/** What a team writes. */
export type OptionsOf<T> = Flat<
  { readonly [K in Exclude<keyof T, OptionalKeys<T>>]: GivenOf<T[K]> } & {
    readonly [K in OptionalKeys<T>]?: GivenOf<T[K]>;
  }
>;

/** What the library reads: defaults filled in, durations in seconds. */
export type SettingsOf<T> = { readonly [K in keyof T]: ReadOf<T[K]> };

interface Kind {
  readonly type: string;
  readonly range?: string;
  readonly isMethod?: boolean;
  readonly members?: Table;
  /** What to do if it is required and missing. */
  readonly remedy: string;
  /** Returns `undefined` after it has reported a problem. */
  readonly read: (at: string, given: unknown, found: OptionReader) => unknown;
}

/** Builds a field. The builders of this folder use it. */
export function field<F extends Field>(spec: Spec<unknown>, kind: Kind): F {
  const { doc = '', required = false, make, shown, missing = `is missing; ${kind.remedy}` } = spec;
  const { type, range, isMethod = false, members } = kind;
  const result: Field = {
    about: {
      doc,
      type,
      isRequired: required,
      default: shown ?? spec.default,
      isInWords: shown !== undefined,
      range,
      isMethod,
    },
    ...(members ? { members } : {}),
    read(at, given, found) {
      const value = given === undefined ? undefined : kind.read(at, given, found);
      if (value !== undefined) return value;
      const fallback = make?.() ?? spec.default;
      if (fallback === undefined) return given === undefined && required ? found.add(at, missing) : undefined;
      // After a problem, the default is used only to continue with the other options.
      return kind.read(at, fallback, given === undefined ? found : new OptionReader());
    },
  };
  return result as F;
}
