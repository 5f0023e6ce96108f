import type { BrowserContext, Locator, Page } from 'playwright-core';

const A_VIEW_HAS_AT_MOST = 40;
/** The browser's own console line about an answer that is a refusal, or about a missing answer. */
const OF_THE_NETWORK = /^Failed to load resource: (the server responded with a status of 4\d\d|.*50\d|net::ERR_)/;

/** A user without a mouse, and the errors that their browser reported. */
export class Reader {
  readonly problems: string[] = [];
  readonly bodies: Promise<string>[] = [];

  private constructor(
    readonly page: Page,
    readonly context: BrowserContext,
  ) {
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !OF_THE_NETWORK.test(message.text())) this.problems.push(message.text());
    });
    page.on('response', (response) => this.bodies.push(response.text().catch(() => '')));
  }

  static async of(context: BrowserContext): Promise<Reader> {
    return new Reader(await context.newPage(), context);
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { level: 1, name, exact: true });
  }

  button(name: string): Locator {
    return this.page.getByRole('main').getByRole('button', { name, exact: true });
  }

  /** What the live region says. */
  async hears(text: string): Promise<void> {
    await this.page.getByRole('status').getByText(text).waitFor();
  }

  /** The view has this heading, and the focus is on it. */
  async arrivesAt(name: string): Promise<void> {
    await this.focused(this.heading(name)).waitFor();
  }

  focused(target: Locator): Locator {
    return target.and(this.page.locator(':focus'));
  }

  async tabTo(target: Locator): Promise<void> {
    await target.waitFor();
    for (let presses = 0; presses <= A_VIEW_HAS_AT_MOST; presses += 1) {
      if ((await this.focused(target).count()) > 0) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`The keyboard does not reach ${target}.`);
  }

  async press(target: Locator): Promise<void> {
    await this.tabTo(target);
    await this.page.keyboard.press('Enter');
  }

  /** Replaces what is in a field. */
  async write(label: string, text: string): Promise<void> {
    await this.tabTo(this.page.getByRole('main').getByLabel(label, { exact: true }));
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.type(text);
  }

  async logIn({ email, password }: { readonly email: string; readonly password: string }): Promise<void> {
    await this.write('E-mail address', email);
    await this.write('Password', password);
    await this.page.keyboard.press('Enter');
  }
}
