import { inflateRawSync } from 'node:zlib';
import type { Form } from './identity-provider.js';
import { post } from './world.js';

/** A browser that logs in by SAML, step by step. It keeps the app's cookie, and sends it like a Lax cookie. */
export class SamlBrowser {
  cookie = '';
  /** The app's answer to the start. */
  attributes = '';
  /** The id of the request that went to the provider. Anybody can read it there. */
  requestId = '';

  constructor(private readonly url: string) {}

  /** Opens the app's start, follows it to the provider, and reads the form there. */
  async ask(query = ''): Promise<Form> {
    const start = await fetch(`${this.url}/saml${query}`, { redirect: 'manual' });
    this.attributes = start.headers.get('set-cookie') ?? '';
    this.cookie = this.attributes.split(';')[0] ?? '';
    const provider = new URL(start.headers.get('location') ?? '');
    const request = inflateRawSync(Buffer.from(provider.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
    this.requestId = / ID="([^"]+)"/.exec(request)?.[1] ?? '';
    const page = await (await fetch(provider)).text();
    const fields = [...page.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]);
    return Object.fromEntries(fields);
  }

  /** Posts the form from the provider's site. @returns where the app sends the browser */
  async bring(form: Form): Promise<{ status: number; location: string; answer: string }> {
    const response = await fetch(`${this.url}/saml/callback`, {
      method: 'POST',
      headers: { Origin: 'https://idp.example.com', 'Sec-Fetch-Site': 'cross-site' },
      body: new URLSearchParams({ ...form }),
      redirect: 'manual',
    });
    const location = response.headers.get('location') ?? '';
    return { status: response.status, location, answer: location.split('#saml=')[1] ?? '' };
  }

  /** Does what the app's page does. */
  async finish(answer: string, query = '') {
    return post(`${this.url}/saml/login${query}`, { answer }, { Cookie: `theme=dark; ${this.cookie}` });
  }

  async logIn(): Promise<Awaited<ReturnType<SamlBrowser['finish']>>> {
    return this.finish((await this.bring(await this.ask())).answer);
  }
}
