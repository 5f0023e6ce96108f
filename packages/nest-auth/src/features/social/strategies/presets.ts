import type { Preset, ProvidedIdentity, ProviderAnswer } from './provider.js';

interface Email {
  readonly value?: unknown;
  readonly verified?: unknown;
  readonly primary?: unknown;
}

/**
 * The known providers, by name. An address counts as verified only if the provider says so of this very address,
 * because accounts are linked by it.
 */
export const PRESETS: Readonly<Record<string, Preset>> = {
  google: {
    title: 'Google',
    issuer: 'https://accounts.google.com',
    options: { scope: ['openid', 'email', 'profile'] },
    nonce: true,
    jwksUri: 'https://www.googleapis.com/oauth2/v3/certs',
    // Google writes its own address in two ways.
    isIssuer: (claimed) => /^(https:\/\/)?accounts\.google\.com$/.test(claimed),
    identity: fromClaims,
  },
  apple: {
    title: 'Apple',
    issuer: 'https://appleid.apple.com',
    formPost: true,
    nonce: true,
    jwksUri: 'https://appleid.apple.com/auth/keys',
    // The profile is empty, and only the form of the very first login contains the name.
    identity: fromClaims,
  },
  github: {
    title: 'GitHub',
    issuer: 'https://github.com',
    // Without `allRawEmails` the strategy drops whether an address is verified.
    options: { scope: ['user:email'], allRawEmails: true },
    identity: ({ profile }) => {
      const emails = emailsOf(profile);
      const verified = emails.filter((one) => one.verified === true);
      const among = verified.length > 0 ? verified : emails;
      const best = among.find((one) => one.primary === true) ?? among[0];
      return { ...fromProfile(profile), email: asText(best?.value), emailVerified: best?.verified === true };
    },
  },
  gitlab: {
    title: 'GitLab',
    issuer: 'https://gitlab.com',
    options: { scope: 'read_user' },
    identity: ({ profile }) => fromProfile(profile),
  },
  discord: {
    title: 'Discord',
    issuer: 'https://discord.com',
    options: { scope: ['identify', 'email'] },
    identity: ({ profile }) => ({
      subject: asText(profile.id) ?? '',
      email: asText(profile.email),
      emailVerified: profile.verified === true,
      name: asText(profile.global_name) ?? asText(profile.username),
    }),
  },
  // Neither they nor GitLab say whether an address is verified. Users of a Microsoft tenant may choose any address.
  facebook: {
    title: 'Facebook',
    issuer: 'https://www.facebook.com',
    options: { scope: ['email'], profileFields: ['id', 'displayName', 'emails'] },
    identity: ({ profile }) => fromProfile(profile),
  },
  microsoft: {
    title: 'Microsoft',
    issuer: 'https://login.microsoftonline.com',
    options: { scope: ['user.read'] },
    isIssuer: (claimed) => /^https:\/\/login\.microsoftonline\.com\/[0-9a-f-]{36}\/v2\.0$/.test(claimed),
    identity: ({ profile }) => fromProfile(profile),
  },
};

/** The name of a provider in texts for users. */
export function titleOf(name: string): string {
  return (Object.hasOwn(PRESETS, name) && PRESETS[name]?.title) || name;
}

/** The identity in an ID token, or else in a userinfo answer (OpenID Connect Core §5.1). */
export function fromClaims({ profile, claims }: ProviderAnswer): Partial<ProvidedIdentity> {
  const { sub, email, email_verified, name } = claims ?? jsonOf(profile);
  const asked = fromProfile(profile);
  return {
    ...asked,
    ...(asText(sub) === null ? {} : { subject: asText(sub) ?? '' }),
    // passport-openidconnect asks UserInfo. Its answer counts only for the same subject (OpenID Connect Core §5.3.2).
    email: asText(email) ?? (asked.subject === sub ? asked.email : null),
    // Apple sends a string.
    emailVerified: asText(email) !== null && (email_verified === true || email_verified === 'true'),
    name: asText(name) ?? asText(profile.displayName),
  };
}

/** For an unknown provider: its addresses are unverified. */
export function unverified(answer: ProviderAnswer): Partial<ProvidedIdentity> {
  const found = answer.claims ? fromClaims(answer) : fromProfile(answer.profile);
  return { ...found, emailVerified: false };
}

/** Passport's form of a profile, which never says that an address is verified. */
function fromProfile(profile: Readonly<Record<string, unknown>>): ProvidedIdentity {
  const [first] = emailsOf(profile);
  const { id, displayName, username } = profile;
  return {
    subject: asText(typeof id === 'number' ? String(id) : id) ?? '',
    email: asText(first?.value),
    emailVerified: false,
    name: asText(displayName) ?? asText(username),
  };
}

function emailsOf({ emails }: Readonly<Record<string, unknown>>): readonly Email[] {
  return Array.isArray(emails) ? emails.map((one) => Object(one) as Email) : [];
}

/** What the provider answered, as strategies keep it. */
function jsonOf({ _json }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object(_json) as Record<string, unknown>;
}

function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
