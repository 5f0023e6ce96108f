/** Whether a value comes from a branded class: of this copy of the library, or of the other (ESM and CommonJS). */
export function hasBrand(value: unknown, brand: symbol): boolean {
  return typeof value === 'object' && value !== null && (value as Readonly<Record<symbol, unknown>>)[brand] === true;
}
