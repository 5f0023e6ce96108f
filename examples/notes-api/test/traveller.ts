/** The page at the end of a chain of redirects. */
export interface Arrival {
  readonly address: string;
  readonly status: number;
  readonly text: string;
}

/** A browser's cookies and redirects, between the app and Acme ID. */
export class Traveller {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** @param known the app's public origin @param reached where it listens in this test */
  constructor(
    private readonly known: string,
    private readonly reached: string,
  ) {}

  go(address: string): Promise<Arrival> {
    return this.#follow(new URL(address, this.known).href);
  }

  send(address: string, form: Record<string, string>): Promise<Arrival> {
    return this.#follow(address, { method: 'POST', body: new URLSearchParams(form) });
  }

  async #follow(address: string, sent: RequestInit = {}): Promise<Arrival> {
    const { origin } = new URL(address);
    const kept = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, kept);
    const cookie = [...kept].map((pair) => pair.join('=')).join('; ');
    const url = address.replace(this.known, this.reached);
    const answer = await fetch(url, { ...sent, redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') kept.delete(name);
      else kept.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location !== null) return this.#follow(new URL(location, address).href);
    return { address, status: answer.status, text: await answer.text() };
  }
}
