import { AuthClientError, stepUp } from '@acme/nest-auth-client';
import { attempt } from '../../attempt.js';
import { button, element, moment } from '../../element.js';
import { form } from '../../form.js';
import { loaded } from '../../loaded.js';
import { tell } from '../../outcome.js';
import { askForPassword } from '../../password-dialog.js';
import { auth, type User } from '../../session.js';
import type { Visit } from '../../view.js';

interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

interface NewApiKey extends ApiKey {
  readonly key: string;
}

/** The keys by which programs read the user's notes. */
export function apiKeys(visit: Visit, user: User): readonly Node[] {
  // A key outlives the session that makes it, so the server wants a recent login.
  const recent = stepUp(auth, () => askForPassword(visit, user));
  const list = element('div');
  const fresh = element('div', { class: 'fresh' });
  let freshId: string | undefined;
  const reload = () => list.replaceChildren(loaded(visit, () => auth.call<ApiKey[]>('GET', 'api-keys'), show));
  const show = (keys: ApiKey[]) => {
    if (keys.length === 0) return [element('p', { class: 'empty' }, 'You have no keys.')];
    return [element('ul', { class: 'entries' }, ...keys.map((key) => entry(key, () => remove(key))))];
  };
  const showFresh = (made: NewApiKey) => {
    freshId = made.id;
    fresh.replaceChildren(...secret(made));
    fresh.querySelector('p')?.focus();
  };
  const remove = async ({ id, name }: ApiKey) => {
    if (!(await attempt(visit, () => gone(id)))) return;
    if (id === freshId) fresh.replaceChildren();
    reload();
    document.querySelector<HTMLElement>('#api-keys')?.focus();
    tell(`The key ${name} is removed.`);
  };
  reload();
  return [
    element(
      'p',
      { class: 'muted' },
      'A program with a key reads your notes, and does nothing else. It sends the key in the header ',
      element('code', {}, 'X-API-Key'),
      '.',
    ),
    form({
      visit,
      fields: [
        {
          name: 'name',
          label: 'Name of the key',
          type: 'text',
          autocomplete: 'off',
          missing: 'Write what the key is for.',
          maxLength: 100,
        },
      ],
      label: 'Make a key',
      pending: 'Making…',
      send: async ({ name = '' }, shown) => {
        const made = await recent.call<NewApiKey>('POST', 'api-keys', { name });
        shown.reset();
        reload();
        showFresh(made);
      },
    }),
    fresh,
    list,
  ];
}

/** The key itself, which no later answer has. */
function secret({ name, key }: NewApiKey): Node[] {
  const copy = async () => {
    const isCopied = await navigator.clipboard.writeText(key).then(
      () => true,
      () => false,
    );
    tell(isCopied ? 'The key is copied.' : 'Your browser did not copy the key. Select it, and copy it by hand.');
  };
  return [
    element('p', { tabindex: '-1' }, `The key ${name} is made. Copy it now: it is not shown again.`),
    element('p', {}, element('code', {}, key)),
    button('Copy the key', copy),
  ];
}

function entry({ name, created_at, expires_at, last_used_at }: ApiKey, remove: () => Promise<void>): HTMLElement {
  return element(
    'li',
    {},
    element('p', { class: 'name' }, name),
    element(
      'p',
      { class: 'muted' },
      element('span', {}, 'Made ', moment(created_at)),
      last_used_at === null ? null : element('span', {}, 'Last used about ', moment(last_used_at)),
      expires_at === null ? null : element('span', {}, 'Works until ', moment(expires_at)),
    ),
    button('Remove', remove, { unseen: `the key ${name}` }),
  );
}

/** Another tab may have removed it. */
async function gone(id: string): Promise<void> {
  await auth.call('DELETE', `api-keys/${encodeURIComponent(id)}`).catch((error: unknown) => {
    if (!(error instanceof AuthClientError && error.status === 404)) throw error;
  });
}
