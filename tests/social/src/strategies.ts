import { generateKeyPairSync } from 'node:crypto';
import Apple from 'passport-apple';
import { Strategy as Discord } from 'passport-discord';
import { Strategy as Facebook } from 'passport-facebook';
import { Strategy as GitHub } from 'passport-github2';
import { Strategy as GitLab } from 'passport-gitlab2';
import { Strategy as Google } from 'passport-google-oauth20';
import { Strategy as Microsoft } from 'passport-microsoft';
import type { FakeOptions, FakeProvider } from './fake-provider.js';

type ProviderOptions = Readonly<Record<string, unknown>>;

/** One strategy with a fake of its provider. */
export interface Case {
  readonly strategy: new (...args: never[]) => object;
  readonly fake: FakeOptions;
  /** Further options of the app, so that it reaches the fake instead of the provider. */
  readonly options: (fake: FakeProvider) => ProviderOptions;
  /** Whether the library trusts the provider about an address. */
  readonly verifies: boolean;
}

const endpoints = ({ url }: FakeProvider) => ({
  issuer: url,
  authorizationURL: `${url}/authorize`,
  tokenURL: `${url}/token`,
});
const client = (name: string) => ({ clientId: `${name}-client`, clientSecret: `${name}-secret` });

/** The provider's address is fixed in the strategy. */
function discordAt(base: string) {
  return class extends Discord {
    constructor(options: object, verify: unknown) {
      super(options as never, verify as never);
      const { _oauth2: http } = this as unknown as { _oauth2: { _request(...args: unknown[]): unknown } };
      const request = http._request;
      http._request = function (method: unknown, url: unknown, ...rest: unknown[]) {
        return request.call(this, method, String(url).replace('https://discord.com', base), ...rest);
      };
    }
  };
}

let discordBase = '';
/** Needed by the class, which is chosen before the fake has an address. */
export function setDiscordBase(url: string): void {
  discordBase = url;
}

export const CASES: Readonly<Record<string, Case>> = {
  google: {
    strategy: Google,
    fake: {
      ...client('google'),
      idToken: true,
      api: ({ id, name, email, verified }) => ({ '/userinfo': { sub: id, name, email, email_verified: verified } }),
    },
    options: (fake) => ({ ...endpoints(fake), userProfileURL: `${fake.url}/userinfo` }),
    verifies: true,
  },
  github: {
    strategy: GitHub,
    fake: {
      ...client('github'),
      api: ({ id, name, email, verified }) => ({
        '/user': { id, login: name, name },
        '/user/emails': [
          { email: 'other@example.org', primary: false, verified: false },
          { email, primary: true, verified },
        ],
      }),
    },
    options: (fake) => ({
      ...endpoints(fake),
      userProfileURL: `${fake.url}/user`,
      userEmailURL: `${fake.url}/user/emails`,
    }),
    verifies: true,
  },
  facebook: {
    strategy: Facebook,
    fake: { ...client('facebook'), api: ({ id, name, email }) => ({ '/me': { id, name, email } }) },
    options: (fake) => ({ ...endpoints(fake), profileURL: `${fake.url}/me` }),
    verifies: false,
  },
  microsoft: {
    strategy: Microsoft,
    fake: {
      ...client('microsoft'),
      api: ({ id, name, email }) => ({ '/v1.0/me/': { id, displayName: name, mail: email } }),
    },
    options: (fake) => ({ ...endpoints(fake), apiEntryPoint: fake.url }),
    verifies: false,
  },
  apple: {
    strategy: Apple,
    fake: { clientId: 'apple-client', clientSecret: undefined, idToken: true, form: true, api: () => ({}) },
    options: (fake) => ({ ...endpoints(fake), teamID: 'TEAM', keyID: 'KEY', privateKeyString: appleKey() }),
    verifies: true,
  },
  discord: {
    strategy: class {
      constructor(options: object, verify: unknown) {
        // biome-ignore lint/correctness/noConstructorReturn: the class that knows the fake's address
        return new (discordAt(discordBase))(options, verify);
      }
    },
    fake: {
      ...client('discord'),
      api: ({ id, name, email, verified }) => ({ '/api/users/@me': { id, username: name, email, verified } }),
    },
    options: (fake) => endpoints(fake),
    verifies: true,
  },
  gitlab: {
    strategy: GitLab,
    fake: {
      ...client('gitlab'),
      api: ({ id, name, email }) => ({ '/api/v4/user': { id, username: name, name, email } }),
    },
    options: (fake) => ({ ...endpoints(fake), baseURL: fake.url }),
    verifies: false,
  },
};

/** The options that an app writes for a provider of `CASES`. */
export function optionsOf(name: string, fake: FakeProvider): ProviderOptions {
  const { clientId, clientSecret } = fake.options;
  const secret = clientSecret === undefined ? {} : { clientSecret };
  return { clientID: clientId, ...secret, ...CASES[name]?.options(fake) };
}

function appleKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
