import { AuthClientError } from '@acme/nest-auth-client';
import { attempt } from '../attempt.js';
import { button, element } from '../element.js';
import { form } from '../form.js';
import { loaded } from '../loaded.js';
import { type Note, notes } from '../notes.js';
import { tell } from '../outcome.js';
import type { PrivateView, Visit } from '../view.js';
import { noteEntry } from './note-entry.js';

export const myNotes: PrivateView = {
  title: 'My notes',
  for: 'users',
  show: (visit) => {
    const list = element('ul', { class: 'notes' });
    const empty = element('p', { class: 'empty' }, 'You have no notes yet.');
    const showEmpty = () => {
      empty.hidden = list.hasChildNodes();
      list.hidden = !empty.hidden;
    };
    const add = (note: Note, isFirst: boolean) => {
      const item = entry(note, () => remove(note, item));
      list[isFirst ? 'prepend' : 'append'](item);
      showEmpty();
    };
    const remove = async ({ id }: Note, item: HTMLElement) => {
      if (!(await attempt(visit, () => gone(id)))) return;
      const next = item.nextElementSibling ?? item.previousElementSibling;
      item.remove();
      showEmpty();
      (next?.querySelector('button') ?? document.querySelector<HTMLElement>('#text'))?.focus();
      tell('The note is deleted.');
    };
    return [
      writer(visit, (note) => add(note, true)),
      loaded(visit, notes.mine, (mine) => {
        list.replaceChildren();
        for (const note of mine) add(note, false);
        showEmpty();
        return [empty, list];
      }),
    ];
  },
};

function writer(visit: Visit, added: (note: Note) => void): HTMLFormElement {
  return form({
    visit,
    fields: [
      {
        name: 'text',
        label: 'New note',
        type: 'multiline',
        autocomplete: 'off',
        missing: 'Write something first.',
        maxLength: 10_000,
      },
    ],
    label: 'Add',
    pending: 'Adding…',
    send: async ({ text = '' }, shown) => {
      added(await notes.add(text));
      shown.reset();
      document.querySelector<HTMLElement>('#text')?.focus();
      tell('The note is added.');
    },
  });
}

function entry(note: Note, remove: () => Promise<void>): HTMLElement {
  const [start = ''] = note.text.split('\n');
  return noteEntry(note, button('Delete', remove, { unseen: `the note ${start.slice(0, 60)}` }));
}

/** Another tab may have deleted it. */
async function gone(id: string): Promise<void> {
  await notes.delete(id).catch((error: unknown) => {
    if (!(error instanceof AuthClientError && error.status === 404)) throw error;
  });
}
