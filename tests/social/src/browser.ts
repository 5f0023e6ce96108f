interface Sent {
  readonly form?: string;
  /** The address of the page that sends the request. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A browser's cookies and its rules, as far as a login needs them: one site for each origin. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly visited: string[] = [];

  /** Goes to an address and follows redirects and forms, to the first page of the app. @returns its address */
  async open(url: string, app = 'https://app.example.org/'): Promise<string> {
    let [next, form, from] = [url, undefined as string | undefined, url];
    for (let hops = 0; hops < 25; hops++) {
      this.visited.push(next);
      const answer = await this.request(next, form === undefined ? {} : { form, from });
      from = next;
      const location = answer.headers.get('location');
      if (location === null) {
        const page = (await answer.json().catch(() => ({}))) as { action?: string; form?: string; code?: string };
        if (page.action === undefined || page.form === undefined)
          throw new Refused(answer.status, page.code ?? '', page as object);
        [next, form] = [page.action, page.form];
        continue;
      }
      if (answer.status === 303 || answer.status === 302) form = undefined;
      next = new URL(location, next).href;
      if (next.startsWith(app)) return next;
    }
    throw new Error(`No page of the app after 25 redirects, the last to ${next}`);
  }

  /** One request, with the cookies that a browser would send. */
  async request(url: string, { form, from, headers: more = {} }: Sent = {}): Promise<Response> {
    const { origin } = new URL(url);
    const headers: Record<string, string> = { ...more };
    const isCrossSite = from !== undefined && new URL(from).origin !== origin;
    // Lax cookies are not sent when another site posts.
    const cookies = form !== undefined && isCrossSite ? [] : [...(this.#cookies.get(origin) ?? [])];
    if (cookies.length > 0) headers.Cookie = cookies.map((pair) => pair.join('=')).join('; ');
    if (form !== undefined) {
      headers['Content-Type'] = 'application/x-www-form-urlencoded';
      headers.Origin = new URL(from ?? url).origin;
      headers['Sec-Fetch-Site'] = isCrossSite ? 'cross-site' : 'same-origin';
    }
    const answer = await fetch(url, {
      redirect: 'manual',
      headers,
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    });
    for (const line of answer.headers.getSetCookie()) this.#keep(origin, line);
    return answer;
  }

  takeCookiesOf(other: Browser): void {
    for (const [origin, cookies] of other.#cookies) this.#cookies.set(origin, new Map(cookies));
  }

  cookiesOf(url: string): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#cookies.get(new URL(url).origin) ?? []);
  }

  #keep(origin: string, line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const at = pair.indexOf('=');
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    if (attributes.some((one) => /^max-age=0$/i.test(one))) jar.delete(pair.slice(0, at));
    else jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

/** An answer that is neither a redirect nor a form. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly body: object,
  ) {
    super(`${status} ${code}`);
  }
}

/** The parameters behind the `#` of an address of the app's page. */
export function fragmentOf(page: string): Readonly<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(new URL(page).hash.slice(1)));
}
