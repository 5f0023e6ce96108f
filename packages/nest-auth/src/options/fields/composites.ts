import { OptionReader } from '../option-reader.js';
import { isRecord, kindOf } from '../value-kind.js';
import { type Field, type FieldOf, field, type OptionsOf, type SettingsOf, type Spec, type Table } from './field.js';

/** Options below one name. The group is optional if all of them are. */
type GroupOf<T> =
  Partial<OptionsOf<T>> extends OptionsOf<T>
    ? Field<OptionsOf<T> | undefined, SettingsOf<T>>
    : Field<OptionsOf<T>, SettingsOf<T>>;

/**
 * Options below one name: `ttl: { access, refresh }`.
 * @param spec.type the name of its interface; without a name, the type lists the members
 */
export function group<const T extends Table>(
  members: T,
  spec: Pick<Spec<never>, 'doc' | 'shown'> & { readonly type?: string } = {},
): GroupOf<T> {
  const required = Object.values(members).some(({ about }) => about.isRequired);
  const { type = '', ...rest } = spec;
  return field({ ...rest, default: {}, ...(required ? { required } : {}) }, { ...ofMembers(members), type, members });
}

/** An object that is one option, with a default of its own. */
export function record<T extends Table, const S extends Spec<OptionsOf<T>> & { readonly type: string }>(
  members: T,
  spec: S,
): FieldOf<S, OptionsOf<T>, SettingsOf<T>> {
  return field(spec, { ...ofMembers(members), type: spec.type });
}

interface ListSpec<G> extends Spec<readonly G[] | G> {
  /** Whether a single value is allowed instead of a list. */
  readonly orOne?: true;
  /** What to write, as code. */
  readonly example?: string;
}
type ListGiven<S, G> = S extends { readonly orOne: true } ? G | readonly G[] : readonly G[];

/** A list of any length. */
export function list<G, R, const S extends ListSpec<G>>(
  item: Field<G, R>,
  spec: S,
): FieldOf<S, ListGiven<S, NonNullable<G>>, readonly NonNullable<R>[]> {
  const one = item.about.type;
  const many = `readonly ${/[|(]/.test(one) ? `(${one})` : one}[]`;
  const remedy = `write ${spec.example ?? 'a list'}`;
  return field(spec, {
    type: spec.orOne ? `${one} | ${many}` : many,
    remedy,
    read(at, given, found) {
      if (Array.isArray(given)) return Array.from(given, (each, index) => item.read(`${at}[${index}]`, each, found));
      return spec.orOne ? [item.read(at, given, found)] : found.add(at, `is ${kindOf(given)}; ${remedy}`);
    },
  });
}

/** Reads each option of a table with its field. Reports options without a field. */
export function readTable<T extends Table>(
  table: T,
  given: object,
  found: OptionReader,
  at = '',
  unknown: (key: string, known: string) => string | undefined = (_, known) => `is not an option; choose from ${known}`,
): SettingsOf<T> {
  const names = Object.keys(table);
  for (const key of Object.keys(given)) {
    const problem = Object.hasOwn(table, key) ? undefined : unknown(key, names.join(', '));
    if (problem) found.add(at + key, problem);
  }
  const entries = names.map((key) => [key, readMember(table[key] as Field, given, key, at + key, found)]);
  return Object.fromEntries(entries) as SettingsOf<T>;
}

function readMember({ read }: Field, given: object, key: string, at: string, found: OptionReader): unknown {
  try {
    return read(at, Object.hasOwn(given, key) ? Reflect.get(given, key) : undefined, found);
  } catch {
    // Not the error's own message, which could quote a secret.
    found.add(at, 'cannot be read, because a getter throws; pass a plain value');
    return read(at, undefined, new OptionReader());
  }
}

function ofMembers(members: Table): Pick<Parameters<typeof field>[1], 'remedy' | 'read'> {
  const names = Object.keys(members);
  const remedy = `write { ${names.slice(0, 4).join(', ')}${names.length > 4 ? ' …' : ''} }`;
  return {
    remedy,
    read: (at, given, found) =>
      isRecord(given) ? readTable(members, given, found, `${at}.`) : found.add(at, `is ${kindOf(given)}; ${remedy}`),
  };
}
