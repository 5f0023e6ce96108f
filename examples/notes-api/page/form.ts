import { countdown } from './countdown.js';
import { element } from './element.js';
import { type Failure, failureOf } from './failure.js';
import { type Field, type FieldOptions, field } from './field.js';
import { tell } from './outcome.js';
import type { Visit } from './view.js';

export interface FormOptions {
  readonly visit: Visit;
  /** Elements before the fields, for a password manager or the reader. */
  readonly before?: readonly Node[];
  readonly fields: readonly FieldOptions[];
  /** Elements after the fields. */
  readonly after?: readonly Node[];
  readonly label: string;
  /** The button's label while the form is being sent. */
  readonly pending: string;
  /** Field names of the API that have another name here. */
  readonly names?: Readonly<Record<string, string>>;
  /** @throws AuthClientError, which the form shows */
  send(values: Readonly<Record<string, string>>, form: HTMLFormElement): Promise<void>;
}

/** A form that checks its fields, sends one request at a time, and moves the focus to the first error. */
export function form(options: FormOptions): HTMLFormElement {
  return new Form(options).shown;
}

class Form {
  readonly shown: HTMLFormElement;
  readonly #fields: readonly Field[];
  readonly #message = element('div', { class: 'problem', tabindex: '-1', hidden: true });
  readonly #submit: HTMLButtonElement;
  #isPending = false;
  #isThrottled = false;

  constructor(private readonly options: FormOptions) {
    const { fields, before = [], after = [], label } = options;
    this.#fields = fields.map(field);
    this.#submit = element('button', { class: 'main' }, label);
    const boxes = this.#fields.map(({ box }) => box);
    // By POST: a submit without the script would put nothing into the address.
    const attributes = { method: 'post', novalidate: true };
    this.shown = element('form', attributes, this.#message, ...before, ...boxes, ...after, this.#submit);
    this.shown.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.#isPending && !this.#isThrottled) void this.#attempt();
    });
  }

  async #attempt(): Promise<void> {
    const { visit, send } = this.options;
    this.#message.hidden = true;
    if (!this.#isComplete()) return;
    this.#setPending(true);
    try {
      await send(Object.fromEntries(this.#fields.map(({ name, input }) => [name, input.value])), this.shown);
    } catch (error) {
      if (!visit.signal.aborted && !visit.isOver(error)) this.#fail(failureOf(error));
    } finally {
      this.#setPending(false);
    }
  }

  /** Otherwise each field says what is wrong with it, and the first has the focus. */
  #isComplete(): boolean {
    const wrong = this.#fields.filter((one) => {
      const problem = one.problem();
      one.refuse(problem);
      return problem !== undefined;
    });
    wrong[0]?.input.focus();
    return wrong.length === 0;
  }

  #fail({ text, field = '', wait }: Failure): void {
    const { names = {}, visit } = this.options;
    const at = this.#fields.find(({ name }) => name === (names[field] ?? field));
    if (at) {
      at.refuse(text);
      at.input.focus();
      return;
    }
    this.#message.replaceChildren(text);
    if (wait !== undefined) {
      this.#setThrottled(true);
      const release = () => this.#release();
      this.#message.append(' ', countdown('Try again in ', wait, visit.signal, release));
    }
    this.#message.hidden = false;
    this.#message.focus();
  }

  #release(): void {
    this.#setThrottled(false);
    this.#message.lastChild?.remove();
    tell('You can try again now.');
  }

  #setThrottled(value: boolean): void {
    this.#isThrottled = value;
    this.#showState();
  }

  #setPending(value: boolean): void {
    this.#isPending = value;
    this.shown.setAttribute('aria-busy', String(value));
    this.#submit.textContent = value ? this.options.pending : this.options.label;
    this.#showState();
  }

  /** Not by `disabled`, because that would remove the focus. */
  #showState(): void {
    this.#submit.setAttribute('aria-disabled', String(this.#isPending || this.#isThrottled));
  }
}
