/** Whether a value comes from a branded class: of this copy of the library, or of the other (ESM and CommonJS). */
export function hasBrand(value: unknown, brand: symbol): boolean {
  try {
    return typeof value === 'object' && value !== null && (value as Readonly<Record<symbol, unknown>>)[brand] === true;
  } catch {
    return false; // A revoked proxy, for example: a store may reject with anything.
  }
}
