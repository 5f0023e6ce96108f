import type { FeatureRule } from '@acme/nest-auth';
import type { SocialSettings } from '../social.settings.js';
import { makeProvider } from './make-provider.js';
import { PRESETS } from './presets.js';
import type { ProviderOptions, ProviderSource, StrategyClass } from './provider.js';

export type Strategies = Readonly<Record<string, StrategyClass>>;

interface ProviderRule {
  /** The option that the message names; all of them if empty. */
  readonly key: string;
  readonly problem: (options: ProviderOptions, name: string) => string | false | undefined;
}

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
/** Options that lead a known strategy to another server, which has other users. */
const ELSEWHERE = ['authorizationURL', 'tokenURL', 'baseURL', 'userProfileURL', 'profileURL', 'apiEntryPoint'];
/** For the check of a strategy's options while `social.url` itself is wrong. */
const ANY_URL = 'https://api.example.org/auth';
const EMPTY = 'is missing or empty (is the environment variable set?)';

/** The rules for the options of one client. The messages quote no value. */
const OF_OPTIONS: readonly ProviderRule[] = [
  {
    key: '',
    problem: (options) =>
      (typeof options !== 'object' || options === null) && 'is not an object; write { clientID, clientSecret }',
  },
  ...['clientID', 'clientSecret', 'issuer'].map((key) => ({
    key,
    problem: (options: ProviderOptions) => key in options && !isText(options[key]) && EMPTY,
  })),
  {
    key: 'jwksUri',
    problem: ({ jwksUri }) =>
      jwksUri !== undefined &&
      !/^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)[:/])/.test(jwksUri) &&
      'does not begin with https:; without TLS, somebody could replace the keys and log in as anybody',
  },
  {
    key: 'appIds',
    problem: ({ appIds = [] }) =>
      !(Array.isArray(appIds) && appIds.every(isText)) && "is not a list of client ids; write ['…']",
  },
  { key: 'issuer', problem: issuerProblem },
];

/** The rules for `social({ … })` and `social.providers` together. */
export function providerRules(strategies: Strategies): readonly FeatureRule<SocialSettings>[] {
  return [
    {
      option: 'social.returnTo',
      problem: ({ returnTo }) => returnTo.length === 0 && "names no page; write ['https://app.example.org/']",
    },
    {
      option: 'social()',
      reads: ['social.providers'],
      problem({ providers }) {
        const lacking = Object.keys(providers).filter((name) => !Object.hasOwn(strategies, name));
        const options = lacking.map((name) => `social.providers.${name}`).join(' and ');
        return lacking.length > 0 && `has no strategy for ${options}; write social({ ${lacking[0]}: … })`;
      },
    },
    ...Object.entries(strategies).flatMap(([name, Strategy]) => [...rulesOf(name, Strategy)]),
  ];
}

/** The problem in the options that a function made for one client. */
export function problemOf(name: string, options: ProviderOptions): string | undefined {
  for (const { key, problem } of OF_OPTIONS) {
    const found = problem(options, name);
    if (found) return `${optionOf(name, key)} ${found}.`;
  }
  return undefined;
}

/** In the order in which they are read: if a rule reports an option, later rules of that option are not reported. */
function* rulesOf(name: string, Strategy: StrategyClass): Generator<FeatureRule<SocialSettings>> {
  const strategy = `social({ ${name} })`;
  yield {
    option: strategy,
    problem: () => !NAME.test(name) && 'has an invalid name; write one of a-z, 0-9 and -, at most 32 characters',
  };
  yield {
    option: strategy,
    problem: () => typeof Strategy !== 'function' && "is not a class; import the strategy as its package's README says",
  };
  yield {
    option: optionOf(name),
    problem: ({ providers }) =>
      sourceOf(providers, name) === undefined && 'is missing; write { clientID, clientSecret }',
  };
  for (const { key, problem } of OF_OPTIONS)
    yield {
      option: optionOf(name, key),
      problem({ providers }) {
        const source = sourceOf(providers, name);
        return typeof source !== 'function' && problem(source as ProviderOptions, name);
      },
    };
  yield {
    option: optionOf(name),
    reads: [strategy],
    problem: ({ providers, url = ANY_URL }) => refusalOf(name, Strategy, sourceOf(providers, name), url),
  };
}

/** A strategy checks its own options when it is made. */
function refusalOf(name: string, Strategy: StrategyClass, source: ProviderSource | undefined, url: string) {
  if (source === undefined || typeof source === 'function') return undefined;
  try {
    makeProvider(name, Strategy, source, url);
    return undefined;
  } catch (error) {
    // The strategy's own message could quote an option, so it is not shown.
    return `is refused by the strategy (${(error as Partial<Error>)?.name}); ${remedyOf(source)}`;
  }
}

/** Other libraries write `clientId`. */
function remedyOf(source: ProviderOptions): string {
  for (const key of ['clientID', 'clientSecret']) {
    const given = Object.keys(source).find((one) => one.toLowerCase() === key.toLowerCase());
    if (given !== undefined && given !== key) return `write ${key} in place of ${given}`;
  }
  return 'compare the options with its README';
}

function issuerProblem(options: ProviderOptions, name: string): string | undefined {
  const { issuer } = options;
  // A space separates the issuer from the subject.
  if (issuer !== undefined) return /\s/.test(issuer) ? 'has a space in it' : undefined;
  if (!Object.hasOwn(PRESETS, name)) return 'is missing; write the address of the provider';
  const elsewhere = ELSEWHERE.find((key) => options[key] !== undefined);
  return elsewhere && `is missing, and ${elsewhere} leads to another server; write its address`;
}

function sourceOf(providers: SocialSettings['providers'], name: string): ProviderSource | undefined {
  return Object.hasOwn(providers, name) ? providers[name] : undefined;
}

function optionOf(name: string, key = ''): string {
  return `social.providers.${name}${key && `.${key}`}`;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
