import { countdown } from './countdown.js';
import { element } from './element.js';
import { type Failure, failureOf } from './failure.js';
import { type Field, type FieldOptions, field } from './field.js';
import { tell } from './outcome.js';
import type { Visit } from './view.js';

export interface FormOptions {
  readonly visit: Visit;
  /** In front of the fields: what a password manager or a reader needs besides. */
  readonly before?: readonly Node[];
  readonly fields: readonly FieldOptions[];
  /** Behind the fields. */
  readonly after?: readonly Node[];
  readonly label: string;
  /** What the button says meanwhile. */
  readonly pending: string;
  /** Field names of the API that have another name here. */
  readonly names?: Readonly<Record<string, string>>;
  /** @throws AuthClientError, which the form shows */
  send(values: Readonly<Record<string, string>>, form: HTMLFormElement): Promise<void>;
}

/** A form that checks, sends once at a time, and takes the reader to what is wrong. */
export function form({ visit, before = [], fields, after = [], label, pending, names = {}, send }: FormOptions) {
  const made = fields.map(field);
  const message = element('div', { class: 'problem', tabindex: '-1', hidden: true });
  const submit = element('button', { class: 'main' }, label);
  const body = [...before, ...made.map(({ box }) => box), ...after];
  // A submit without the script would put nothing into the address.
  const shown = element('form', { method: 'post', novalidate: true }, message, ...body, submit);
  /** Aborted with the next attempt: ends a countdown. */
  let attempt = new AbortController();
  let isPending = false;
  let isThrottled = false;

  const setPending = (value: boolean) => {
    isPending = value;
    shown.setAttribute('aria-busy', String(value));
    submit.textContent = value ? pending : label;
    showState();
  };
  // Not `disabled`: that would take the focus away.
  const showState = () => submit.setAttribute('aria-disabled', String(isPending || isThrottled));

  const fail = (failure: Failure) => {
    const at = made.find(({ name }) => name === (names[failure.field ?? ''] ?? failure.field));
    if (at) return refuse([[at, failure.text]]);
    message.replaceChildren(failure.text);
    if (failure.wait !== undefined) {
      isThrottled = true;
      showState();
      const signal = AbortSignal.any([visit.signal, attempt.signal]);
      message.append(' ', countdown('Try again in ', failure.wait, signal, release));
    }
    message.hidden = false;
    message.focus();
  };
  const release = () => {
    isThrottled = false;
    showState();
    message.lastChild?.remove();
    tell('You can try again now.');
  };

  const sendOnce = async () => {
    attempt.abort();
    attempt = new AbortController();
    message.hidden = true;
    const problems = made.flatMap((one): [Field, string][] => {
      const problem = one.problem();
      one.refuse(undefined);
      return problem === undefined ? [] : [[one, problem]];
    });
    if (problems.length > 0) return refuse(problems);
    setPending(true);
    try {
      await send(Object.fromEntries(made.map(({ name, input }) => [name, input.value])), shown);
    } catch (error) {
      if (!visit.signal.aborted && !visit.isOver(error)) fail(failureOf(error));
    } finally {
      setPending(false);
    }
  };
  shown.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!isPending && !isThrottled) void sendOnce();
  });
  return shown;
}

function refuse(problems: readonly (readonly [Field, string])[]): void {
  for (const [one, text] of problems) one.refuse(text);
  problems[0]?.[0].input.focus();
}
