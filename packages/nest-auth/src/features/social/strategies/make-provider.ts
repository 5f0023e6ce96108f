import { isOpenIdConnect } from './ours.js';
import { PRESETS, unverified } from './presets.js';
import type { Provider, ProviderOptions, StrategyClass } from './provider.js';
import { handOver } from './strategy-run.js';

/**
 * Makes a client of a provider. It is not registered with Passport, because that registry belongs to the process.
 * @param url the option `social.url`
 * @throws what the strategy's constructor throws
 */
export function makeProvider(
  name: string,
  Strategy: StrategyClass,
  { issuer, identity, formPost, jwksUri, appIds = [], ...given }: ProviderOptions,
  url: string,
): Provider {
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  const callbackUrl = `${url.replace(/\/+$/, '')}/login/${name}/callback`;
  const from = issuer ?? preset?.issuer ?? '';
  const forStrategy = {
    ...preset?.options,
    ...given,
    issuer: from,
    callbackURL: callbackUrl,
    passReqToCallback: true,
  };
  const scopes = [forStrategy.scope].flat().join(' ').split(/[ ,]/);
  const strategy = new (Strategy as new (options: object, verify: unknown) => object)(forStrategy, handOver);
  return {
    name,
    issuer: from,
    clientId: given.clientID ?? '',
    appIds,
    jwksUri: jwksUri ?? (issuer === undefined ? preset?.jwksUri : undefined),
    callbackUrl,
    formPost: formPost ?? preset?.formPost ?? false,
    nonce: preset?.nonce ?? (isOpenIdConnect(strategy) || scopes.includes('openid')),
    isIssuer: (issuer === undefined && preset?.isIssuer) || ((claimed) => claimed === from),
    identity: identity ?? preset?.identity ?? unverified,
    strategy,
  };
}
