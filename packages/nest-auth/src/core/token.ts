declare const VALUE: unique symbol;

/** An injection token that knows the type of its value. */
export type Token<T> = symbol & { readonly [VALUE]: T };

/** A token that every copy of the library shares. */
export function token<T>(name: string): Token<T> {
  return Symbol.for(`acme/nest-auth:${name}`) as Token<T>;
}
