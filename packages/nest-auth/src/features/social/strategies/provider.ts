import type { AuthRequest } from '@acme/nest-auth';

/** A Passport strategy, as its package exports it. */
export type StrategyClass = new (...args: never[]) => object;

/** What a strategy returned. A mapping makes an identity of it. */
export interface ProviderAnswer {
  /** Passport's profile, or else the claims. */
  readonly profile: Readonly<Record<string, unknown>>;
  /** The claims of the ID token, if one came with the tokens. Its issuer, audience, nonce and time are checked. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /**
   * For requests to the provider's API or UserInfo endpoint. Missing for an ID token of an app on a phone, and for
   * strategies that do not return it, such as passport-openidconnect.
   */
  readonly accessToken: string | undefined;
}

/** Makes an identity of an answer. If it fails, or takes longer than `social.timeout`, the login is `provider_failed`. */
export type IdentityMapping = (
  answer: ProviderAnswer,
) => Partial<ProvidedIdentity> | Promise<Partial<ProvidedIdentity>>;

/** A person, as the provider describes them. */
export interface ProvidedIdentity {
  /** The user's id at the provider. It must never change or be used for another person: not an address, not a name. */
  readonly subject: string;
  readonly email: string | null;
  /** Whether the provider has checked that the user reads the mail of this address. */
  readonly emailVerified: boolean;
  readonly name: string | null;
}

/** A `ProvidedIdentity` with its provider. */
export interface Identity extends ProvidedIdentity {
  /** The provider's name in `social({ … })`. */
  readonly provider: string;
  readonly issuer: string;
}

/** One provider. The strategy's constructor gets all other options unchanged. */
export interface ProviderOptions {
  readonly clientID?: string;
  readonly clientSecret?: string;
  /** The provider's address, by which identities are stored. @default that of known providers; required for others */
  readonly issuer?: string;
  /**
   * Says who logged in. @default a known provider has its own mapping; for another, the claims of its ID token or
   * Passport's profile are used, and its addresses count as unverified
   */
  readonly identity?: IdentityMapping;
  /** Whether the provider answers with a form instead of a link. @default false; true for Apple */
  readonly formPost?: boolean;
  readonly scope?: string | readonly string[];
  /** Where the provider publishes its keys, for ID tokens that apps on phones bring. @default that of Google and Apple */
  readonly jwksUri?: string;
  /** The further client ids of apps on phones, which such ID tokens are for. @default none */
  readonly appIds?: readonly string[];
  readonly [option: string]: unknown;
}

/** One client for everybody, or one for each tenant. */
export type ProviderSource =
  | ProviderOptions
  | ((request: AuthRequest) => ProviderOptions | undefined | Promise<ProviderOptions | undefined>);

/** The built-in settings of a known provider. */
export interface Preset {
  /** Its name in texts for users. */
  readonly title: string;
  readonly issuer: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly formPost?: boolean;
  /** Whether it answers with an ID token, which then carries our nonce. */
  readonly nonce?: boolean;
  readonly jwksUri?: string;
  /** Whether a name in an answer is the provider's, if its issuer has several names. */
  readonly isIssuer?: (claimed: string) => boolean;
  readonly identity: (answer: ProviderAnswer) => Partial<ProvidedIdentity>;
}

/** One client of one provider, ready to run. */
export interface Provider {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly appIds: readonly string[];
  readonly jwksUri: string | undefined;
  readonly callbackUrl: string;
  readonly formPost: boolean;
  readonly nonce: boolean;
  readonly isIssuer: (claimed: string) => boolean;
  readonly identity: IdentityMapping;
  readonly strategy: object;
}

/** What one login sends to its provider and expects back. We make all of it. */
export interface Secrets {
  readonly state: string;
  /** RFC 7636. */
  readonly verifier: string;
  readonly nonce: string;
}

/** What is stored until the provider's answer arrives. */
export interface Kept {
  /** The state that the provider will send back, by which the login is found. Empty for a strategy that sends none. */
  readonly state: string;
  /** What the strategy wrote into its session or its state store. */
  readonly session: Readonly<Record<string, unknown>>;
}

/** What we give to a run of a strategy. */
export interface Context {
  readonly secrets: Secrets;
  readonly session: Record<string, unknown>;
}

/** An answer that a strategy must check. */
export interface Answered {
  readonly parameters: Parameters;
  readonly secrets: Secrets;
  readonly kept: Kept;
  /** In milliseconds since 1970. */
  readonly now: number;
}

/** Parameters of a provider's answer, from the query or a form. */
export type Parameters = Readonly<Record<string, string>>;
