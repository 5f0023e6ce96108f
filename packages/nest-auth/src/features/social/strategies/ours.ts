import { digestOf } from '../secret-values.js';
import type { Context, Provider } from './provider.js';

type Parameters = Record<string, unknown>;
type Callback = (...results: unknown[]) => void;

/** The members of passport-oauth2 and passport-openidconnect that their children inherit. */
interface OAuth {
  readonly _oauth2: object & {
    _request(...args: unknown[]): unknown;
    getOAuthAccessToken(code: string, parameters: Parameters, callback: Callback): unknown;
  };
  authorizationParams(options: object): Parameters;
}

/** Whether a strategy is a child of passport-oauth2. */
export function isOAuth(strategy: object): boolean {
  return hasClient(strategy) && typeof Reflect.get(strategy, 'tokenParams') === 'function';
}

/** Whether it is passport-openidconnect, which asks for an ID token each time. */
export function isOpenIdConnect(strategy: object): boolean {
  return hasClient(strategy) && !isOAuth(strategy);
}

function hasClient(strategy: object): strategy is OAuth {
  return (
    typeof Reflect.get(strategy, '_oauth2') === 'object' && typeof Reflect.get(strategy, '_stateStore') === 'object'
  );
}

/**
 * The members that replace the strategy's own for one run: our state, PKCE and nonce, for any options of the strategy.
 */
export function ours(provider: Provider, context: Context, onError: (error: unknown) => void): object {
  const { strategy } = provider;
  if (!hasClient(strategy)) return ofOpenIdClient(provider, context);
  return {
    _oauth2: clientOf(strategy, context, onError),
    // Otherwise passport-oauth2 would make its own challenge.
    _pkceMethod: undefined,
    _stateStore: storeOf(strategy, context),
    authorizationParams: (options: object) => {
      // Some strategies write a state into the options, and then passport-oauth2 does not use the store.
      const { state: _, ...parameters } = strategy.authorizationParams({ ...options });
      return { ...parameters, ...challengeOf(context), ...(provider.nonce ? { nonce: context.secrets.nonce } : {}) };
    },
  };
}

/** The packages choose the arguments by the number of parameters. These numbers fit both packages. */
function storeOf(strategy: object, { secrets, session }: Context): object {
  return {
    store(_request: unknown, second: unknown, _third: unknown, _meta: unknown, done: Callback) {
      // In passport-openidconnect this is the context; in passport-oauth2 it is a verifier, which is not used.
      if (!isOAuth(strategy)) session.context = second;
      done(null, secrets.state);
    },
    verify(_request: unknown, _state: unknown, done: Callback) {
      // The state and the cookie were already checked: the flow was found by both.
      done(null, isOAuth(strategy) ? secrets.verifier : contextOf(session), undefined);
    },
  };
}

/** The session was stored as JSON, so `issued` is a string and must become a Date again. */
function contextOf({ context }: Context['session']): object {
  const { issued, ...rest } = Object(context) as { readonly issued?: string };
  return { ...rest, ...(issued === undefined ? {} : { issued: new Date(issued) }) };
}

/** A strategy's HTTP client, for one run. */
function clientOf(strategy: OAuth, { secrets }: Context, onError: (error: unknown) => void): object {
  const { _oauth2: client } = strategy;
  const own = Object.create(client) as OAuth['_oauth2'];
  return Object.assign(own, {
    // Otherwise access tokens travel in URLs, which servers log (RFC 6750 §5.3).
    _useAuthorizationHeaderForGET: true,
    // An error that a network callback throws would end the process.
    _request: (...args: unknown[]) => client._request.apply(own, guarded(args, onError)),
    getOAuthAccessToken: (code: string, parameters: Parameters, done: Callback) =>
      client.getOAuthAccessToken.call(own, code, { ...parameters, code_verifier: secrets.verifier }, done),
  });
}

function guarded(args: readonly unknown[], onError: (error: unknown) => void): unknown[] {
  return args.map((value) => {
    if (typeof value !== 'function') return value;
    return (...results: unknown[]) => {
      try {
        value(...results);
      } catch (error) {
        onError(error);
      }
    };
  });
}

/** openid-client sends no state to a provider that has PKCE; its own verifier is in the session. */
function ofOpenIdClient({ strategy, nonce }: Provider, { secrets }: Context): object {
  const parametersOf: unknown = Reflect.get(strategy, 'authorizationRequestParams');
  if (typeof parametersOf !== 'function') return {};
  return {
    authorizationRequestParams: (...args: unknown[]) => {
      const parameters = new URLSearchParams(parametersOf.apply(strategy, args) as URLSearchParams);
      parameters.set('state', secrets.state);
      if (nonce) parameters.set('nonce', secrets.nonce);
      return parameters;
    },
  };
}

/** RFC 7636 §4.2. */
function challengeOf({ secrets }: Context): Parameters {
  return { code_challenge: digestOf(secrets.verifier), code_challenge_method: 'S256' };
}
