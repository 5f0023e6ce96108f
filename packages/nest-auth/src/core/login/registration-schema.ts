/** The part of the Standard Schema interface (standardschema.dev, version 1) that is used: zod, valibot, arktype … */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): StandardResult | Promise<StandardResult>;
  };
}

interface StandardResult {
  readonly value?: unknown;
  readonly issues?:
    | readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[]
    | undefined;
}

/** How an app describes further registration fields: a Standard Schema, or a class with class-validator decorators. */
export type RegistrationSchema = StandardSchema | (new (...args: never[]) => object);
