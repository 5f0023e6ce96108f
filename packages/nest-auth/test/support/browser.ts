import { PASSWORD, type TestApp } from './app.js';
import { ACCESS, type Answer, BY_COOKIE, cookieHeader, cookiesOf, REFRESH } from './cookies.js';

let users = 0;

export interface Browser {
  readonly email: string;
  /** The answer to the registration. */
  readonly answer: Answer & { readonly body: unknown };
  readonly access: string;
  readonly refresh: string;
  /** The `Cookie` header. */
  readonly cookie: string;
}

/** Registers a fresh user in a browser. */
export async function signUpByCookie({ http }: Pick<TestApp, 'http'>, more: object = {}): Promise<Browser> {
  const email = `browser-${++users}@example.org`;
  const answer = await http
    .post('/auth/register')
    .set(BY_COOKIE)
    .send({ email, password: PASSWORD, ...more })
    .expect(201);
  const { [ACCESS]: access, [REFRESH]: refresh } = cookiesOf(answer);
  return { email, answer, access: access?.value ?? '', refresh: refresh?.value ?? '', cookie: cookieHeader(answer) };
}
