import { type AuthOptions, BackgroundTasks, type Mail } from '@acme/nest-auth';
import { notices } from '@acme/nest-auth/notices';
import { afterEach } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PASSWORD, startApp, type TestApp } from './app.js';
import { FakeHasher } from './fake-hasher.js';

export const NEW = 'an entirely new passphrase';
export const PAGE = 'https://app.example.org/security?from=mail&x=1';
export const DAY = 24 * 60 * 60;

export const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
export const NEWER_CHROME = CHROME.replace('126.0.0.0', '131.0.6778.86');
export const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0';

const started: TestApp[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((app) => app.close()));
});

export async function start(options: Partial<AuthOptions> = {}, features = [notices()], trustProxy = false) {
  const mails: Mail[] = [];
  const app = await startApp({
    features,
    trustProxy,
    options: {
      password: { hasher: new FakeHasher(2), queue: 1000 },
      mailer: { send: async (mail) => void mails.push(mail) },
      ...options,
    },
  });
  started.push(app);
  /** The mails so far, after all work behind the answers is done. */
  const sent = async () => {
    await app.app.get(BackgroundTasks).settled();
    return mails.splice(0);
  };
  return { ...app, sent };
}

export type App = Awaited<ReturnType<typeof start>>;

export async function register({ http }: TestApp, userAgent = CHROME) {
  const email = `user-${Math.random()}@example.org`;
  const { body } = await http
    .post('/auth/register')
    .set('User-Agent', userAgent)
    .send({ email, password: PASSWORD })
    .expect(201);
  return { email, access: body.access_token as string };
}

export async function logIn({ http }: TestApp, email: string, userAgent = FIREFOX) {
  const login = http.post('/auth/login').set('User-Agent', userAgent).send({ email, password: PASSWORD });
  return (await login.expect(200)).body.access_token as string;
}

export const change = (app: TestApp, access: string) =>
  app
    .as(access)
    .post('/auth/password')
    .set('User-Agent', FIREFOX)
    .send({ current_password: PASSWORD, new_password: NEW })
    .expect(204);

export const idOf = async ({ userStore }: TestApp, email: string): Promise<string> =>
  (await userStore.findByLogin(email))?.id ?? 'nobody';

/** Runs `act` and returns what Nest logged meanwhile. */
export async function logged(act: () => Promise<unknown>): Promise<string> {
  const lines: string[] = [];
  const write = (...parts: unknown[]) => void lines.push(parts.join(' '));
  Logger.overrideLogger({ log: write, error: write, warn: write, debug: write, verbose: write, fatal: write });
  try {
    await act();
  } finally {
    Logger.overrideLogger(false);
  }
  return lines.join('\n');
}

export function hold() {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { held, release };
}
