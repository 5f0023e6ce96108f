import { element } from '../element.js';
import { loaded } from '../loaded.js';
import { type Note, notes } from '../notes.js';
import type { PrivateView } from '../view.js';
import { noteEntry } from './note-entry.js';

export const allNotes: PrivateView = {
  title: 'All notes',
  for: 'admins',
  show: (visit) => [
    element('p', { class: 'muted' }, 'The latest 100 notes of all users.'),
    loaded(visit, notes.all, (all) =>
      all.length === 0
        ? [element('p', { class: 'empty' }, 'Nobody has a note yet.')]
        : [element('ul', { class: 'notes' }, ...all.map(entry))],
    ),
  ],
};

function entry(note: Note): HTMLElement {
  return noteEntry(note, element('span', { class: 'muted owner' }, 'Owner ', element('code', {}, note.ownerId)));
}
