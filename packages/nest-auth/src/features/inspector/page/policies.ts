import type { ShownFinding, ShownPolicies, ShownPolicy } from '../wire.js';
import { announce } from './announcer.js';
import { choice, counted, element, labelled } from './element.js';

const ALL_ACCESS = 'any access';
const ALL_KINDS = 'any transport';
const ACCESS_WORDS: Readonly<Record<string, string>> = {
  public: 'public',
  optional: 'optional login',
  authenticated: 'login',
};

/** The table of who may call what, with the findings above it. */
export function policiesView({ policies, findings }: ShownPolicies): HTMLElement {
  const search = element('input', { type: 'search', id: 'search', autocomplete: 'off', placeholder: 'notes, admin …' });
  const access = choice([ALL_ACCESS, ...new Set(policies.map((policy) => policy.access))]);
  const kind = choice([ALL_KINDS, ...new Set(policies.map((policy) => policy.kind))]);
  const total = element('p', { class: 'total' });
  const rows = element('tbody');
  const sorted = [...policies].sort((one, other) => rankOf(one) - rankOf(other));

  const show = (): string => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = sorted.filter(
      (policy) =>
        (access.value === ALL_ACCESS || policy.access === access.value) &&
        (kind.value === ALL_KINDS || policy.kind === kind.value) &&
        words.every((word) => textOf(policy).includes(word)),
    );
    rows.replaceChildren(...shown.map(rowOf));
    total.textContent = `${shown.length} of ${counted(policies.length, 'handler')}`;
    return total.textContent;
  };
  for (const field of [search, access, kind]) {
    field.addEventListener('input', () => {
      const text = show();
      announce(() => text);
    });
  }
  show();

  return element(
    'section',
    { 'aria-labelledby': 'policies-heading' },
    element('h1', { id: 'policies-heading', tabindex: '-1' }, 'Policies'),
    findingsOf(findings),
    element(
      'form',
      { role: 'search', class: 'filters', 'aria-label': 'Policies' },
      labelled('Search', search),
      labelled('Access', access),
      labelled('Transport', kind),
    ),
    total,
    element(
      'div',
      { class: 'scroll', role: 'region', 'aria-label': 'Table of policies', tabindex: '0' },
      element('table', {}, headOf(['Call', 'Access', 'Needs', 'Said by', 'Guards']), rows),
    ),
  );
}

function headOf(columns: readonly string[]): HTMLElement {
  const cells = columns.map((column) => element('th', { scope: 'col' }, column));
  return element('thead', {}, element('tr', {}, ...cells));
}

/** Handlers with findings come first, then those of the app, then those of the library. */
function rankOf({ findings, isOwn }: ShownPolicy): number {
  return findings.length > 0 ? 0 : isOwn ? 2 : 1;
}

function textOf({ name, handler, kind, access, needs, source, guards, findings }: ShownPolicy): string {
  return [
    name,
    handler,
    kind,
    access,
    ACCESS_WORDS[access],
    ...needs,
    source,
    ...guards,
    ...findings.map(({ code }) => code),
  ]
    .join(' ')
    .toLowerCase();
}

function rowOf(policy: ShownPolicy): HTMLElement {
  const { name, handler, access, needs, source, guards, isOwn, findings } = policy;
  const marks = findings.map(({ code }) => element('span', { class: 'chip warn' }, code));
  return element(
    'tr',
    {},
    element(
      'th',
      { scope: 'row' },
      element('span', { class: 'call' }, name),
      ...marks,
      element('span', { class: 'muted small' }, isOwn ? `${handler}, of the library` : handler),
    ),
    element('td', {}, element('span', { class: `chip ${access}` }, ACCESS_WORDS[access] ?? access)),
    element('td', {}, needs.join('; ') || '–'),
    element('td', {}, source),
    element('td', {}, guards.join(', ') || '–'),
  );
}

function findingsOf(findings: readonly ShownFinding[]): HTMLElement {
  if (findings.length === 0) return element('p', { class: 'fine' }, 'The policies have no findings.');
  return element(
    'section',
    { class: 'findings', 'aria-labelledby': 'findings-heading' },
    element('h2', { id: 'findings-heading' }, counted(findings.length, 'finding')),
    element(
      'ul',
      {},
      ...findings.map(({ code, message, remedy }) =>
        element(
          'li',
          {},
          element('span', { class: 'chip warn' }, code),
          ' ',
          message,
          ' ',
          element('span', { class: 'muted' }, remedy),
        ),
      ),
    ),
  );
}
