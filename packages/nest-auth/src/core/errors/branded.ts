/**
 * Whether a value is an instance of a branded class, from this copy of the library or the other one (ESM or CommonJS).
 */
export function hasBrand(value: unknown, brand: symbol): boolean {
  try {
    return typeof value === 'object' && value !== null && (value as Readonly<Record<symbol, unknown>>)[brand] === true;
  } catch {
    return false; // A revoked proxy, for example: a store may reject with anything.
  }
}
