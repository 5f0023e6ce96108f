import type { AuthClient } from '@acme/nest-auth-client';
import { attempt } from '../../attempt.js';
import { button, element, moment } from '../../element.js';
import { form } from '../../form.js';
import { loaded } from '../../loaded.js';
import { tell } from '../../outcome.js';
import { auth } from '../../session.js';
import type { Visit } from '../../view.js';
import { type ApiKey, FreshKey, type NewApiKey } from './fresh-key.js';
import { gone } from './gone.js';

/**
 * The keys by which programs read the user's notes.
 * @param recent asks users to prove who they are if the login is too old: a key outlives the session that makes it
 */
export function apiKeys(visit: Visit, recent: AuthClient): readonly Node[] {
  const list = element('div');
  const fresh = new FreshKey();
  const reload = () => list.replaceChildren(loaded(visit, () => auth.call<ApiKey[]>('GET', 'api-keys'), show));
  const show = (keys: ApiKey[]) => {
    if (keys.length === 0) return [element('p', { class: 'empty' }, 'You have no keys.')];
    const buttons = (key: ApiKey) => buttonsOf(key, { rotate: () => rotate(key), remove: () => remove(key) });
    return [element('ul', { class: 'entries' }, ...keys.map((key) => entry(key, buttons(key))))];
  };
  const make = async (name: string) => {
    const made = await recent.call<NewApiKey>('POST', 'api-keys', { name });
    reload();
    fresh.show(made, `The key ${name} is made.`);
  };
  const rotate = async ({ id, name }: ApiKey) => {
    await attempt(visit, async () => {
      const made = await recent.call<NewApiKey>('POST', `api-keys/${encodeURIComponent(id)}/rotate`);
      reload();
      fresh.show(made, `The new key ${name} is made.`, 'The old one works until the time below.');
    });
  };
  const remove = async ({ id, name }: ApiKey) => {
    if (!(await attempt(visit, () => gone(auth, 'api-keys', id)))) return;
    fresh.forget(id);
    reload();
    document.querySelector<HTMLElement>('#api-keys')?.focus();
    tell(`The key ${name} is removed.`);
  };
  reload();
  return [purpose(), maker(visit, make), fresh.place, list];
}

function purpose(): HTMLElement {
  const header = element('code', {}, 'X-API-Key');
  const text = 'A program with a key reads your notes, and does nothing else. It sends the key in the header ';
  return element('p', { class: 'muted' }, text, header, '.');
}

function maker(visit: Visit, make: (name: string) => Promise<void>): HTMLFormElement {
  return form({
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
      await make(name);
      shown.reset();
    },
  });
}

function entry({ name, created_at, expires_at, last_used_at, replaced_by }: ApiKey, buttons: HTMLElement): HTMLElement {
  return element(
    'li',
    {},
    element(
      'p',
      { class: 'name' },
      name,
      replaced_by === null ? null : element('span', { class: 'badge' }, 'Replaced'),
    ),
    element(
      'p',
      { class: 'muted' },
      element('span', {}, 'Made ', moment(created_at)),
      last_used_at === null ? null : element('span', {}, 'Last used about ', moment(last_used_at)),
      expires_at === null ? null : element('span', {}, 'Works until ', moment(expires_at)),
    ),
    buttons,
  );
}

/** A key with a successor cannot be rotated again. */
function buttonsOf(
  { name, replaced_by }: ApiKey,
  { rotate, remove }: Readonly<Record<'rotate' | 'remove', () => Promise<void>>>,
): HTMLElement {
  const isReplaced = replaced_by !== null;
  return element(
    'div',
    { class: 'actions' },
    isReplaced ? null : button('Rotate', rotate, { unseen: `the key ${name}` }),
    button('Remove', remove, { unseen: `the ${isReplaced ? 'replaced ' : ''}key ${name}` }),
  );
}
