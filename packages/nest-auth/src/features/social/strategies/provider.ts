import type { AuthRequest } from '@acme/nest-auth';

/** A Passport strategy, as its package exports it. */
export type StrategyClass = new (...args: never[]) => object;

/** What a strategy handed over, of which a mapping makes an identity. */
export interface ProviderAnswer {
  /** Passport's profile, or the claims that stand in for it. */
  readonly profile: Readonly<Record<string, unknown>>;
  /** The claims of the ID token, if one came with the tokens. Its issuer, audience, nonce and time are checked. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /**
   * For requests to the provider's API or UserInfo endpoint. Absent for an ID token of an app on a phone, and for
   * strategies that do not hand it over, such as passport-openidconnect.
   */
  readonly accessToken: string | undefined;
}

/** Makes an identity of an answer. If it fails, or takes longer than `social.timeout`, the login is `provider_failed`. */
export type IdentityMapping = (
  answer: ProviderAnswer,
) => Partial<ProvidedIdentity> | Promise<Partial<ProvidedIdentity>>;

/** Who a provider says somebody is. */
export interface ProvidedIdentity {
  /** Never changes and never means somebody else: not an address, not a name. */
  readonly subject: string;
  readonly email: string | null;
  /** Whether the provider has checked that the user reads the mail of this address. */
  readonly emailVerified: boolean;
  readonly name: string | null;
}

/** As `ProvidedIdentity`, with the provider. */
export interface Identity extends ProvidedIdentity {
  /** The provider's name in `social({ … })`. */
  readonly provider: string;
  readonly issuer: string;
}

/** One provider. What is not named here goes to the strategy's constructor as it is. */
export interface ProviderOptions {
  readonly clientID?: string;
  readonly clientSecret?: string;
  /** The provider's address, which identities are kept under. @default that of the known providers; required of others */
  readonly issuer?: string;
  /**
   * Says who logged in. @default for a known provider, what is known of it; for another, the claims of its ID token or
   * Passport's profile, and its addresses count as unverified
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

/** What is known of a provider by its name. */
export interface Preset {
  /** Its name in texts for users. */
  readonly title: string;
  readonly issuer: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly formPost?: boolean;
  /** Whether it answers with an ID token, which then carries our nonce. */
  readonly nonce?: boolean;
  readonly jwksUri?: string;
  /** What it calls itself in answers, if that differs for each tenant. */
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

/** What one login hands to its provider and wants back. All of it is ours. */
export interface Secrets {
  readonly state: string;
  /** RFC 7636. */
  readonly verifier: string;
  readonly nonce: string;
}

/** What is kept between the way to a provider and the way back. */
export interface Kept {
  /** What the provider will send back, so that the login is found. Empty for a strategy that sends none. */
  readonly state: string;
  /** What the strategy wrote into its session or its state store. */
  readonly session: Readonly<Record<string, unknown>>;
}

/** What a run of a strategy has of ours. */
export interface Context {
  readonly secrets: Secrets;
  readonly session: Record<string, unknown>;
}

/** What a strategy is asked to judge. */
export interface Answered {
  readonly parameters: Parameters;
  readonly secrets: Secrets;
  readonly kept: Kept;
  /** In milliseconds since 1970. */
  readonly now: number;
}

/** Parameters of a provider's answer, from the query or a form. */
export type Parameters = Readonly<Record<string, string>>;
