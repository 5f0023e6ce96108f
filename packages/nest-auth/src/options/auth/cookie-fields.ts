import { isPrivate } from '../../core/private-url.js';
import { list } from '../fields/composites.js';
import { choice, flag, text } from '../fields/values.js';
import type { OptionReader, Rule } from '../option-reader.js';

export const TRANSPORT = choice({
  of: ['bearer', 'cookie', 'both'],
  default: 'bearer',
  doc: "How tokens are sent. `'bearer'`: in bodies and the `Authorization` header. `'cookie'`: only in HttpOnly cookies. `'both'`: each client chooses, by the header `X-Auth-Transport: cookie`.",
});

const ORIGIN = "write 'https://app.example.org', without a path";

const cookieName = (name: string, doc: string) =>
  text({
    example: `'__Host-${name}', for example`,
    check: (given) =>
      /^[\w!#$%&'*+.^`|~-]+$/.test(given)
        ? undefined
        : `is not a valid cookie name; write '__Host-${name}', for example`,
    shown: `\`'__Host-Http-${name}'\`; \`'nest-auth-${name}'\` without \`secure\``,
    doc,
  });

/** The options that a reader of access cookies needs. */
export const ACCESS_COOKIE = {
  access: cookieName('access', 'The cookie with the access token.'),
  secure: flag({
    default: true,
    doc: "Whether cookies are sent only over TLS. `false` is for `http:` on a developer's machine (Safari); production refuses it.",
  }),
  origins: list(
    text({
      example: "'https://app.example.org', without a path",
      check: (origin) =>
        URL.canParse(origin) && new URL(origin).origin === origin ? undefined : `is not a valid origin; ${ORIGIN}`,
    }),
    {
      default: [],
      example: "['https://app.example.org']",
      doc: 'Further origins whose pages may send requests with cookies that change something, and open sockets.',
    },
  ),
};

export const COOKIES = {
  access: ACCESS_COOKIE.access,
  refresh: cookieName('refresh', 'The cookie with the refresh token.'),
  sameSite: choice({
    of: ['lax', 'strict', 'none'],
    default: 'lax',
    doc: "`SameSite` of both cookies. `'none'` is for pages of another site, and needs `origins`.",
  }),
  secure: ACCESS_COOKIE.secure,
  origins: ACCESS_COOKIE.origins,
};

interface CookieSettings {
  readonly access: string | undefined;
  readonly refresh?: string | undefined;
  readonly sameSite?: string;
  readonly secure: boolean;
  readonly origins: readonly string[];
}

interface TransportSettings {
  readonly transport: string;
  readonly cookies: CookieSettings;
}

/** Rules for both options together, in the app that issues the tokens and in resource servers. */
const COOKIE_RULES: readonly Rule<TransportSettings>[] = [
  {
    option: 'cookies.secure',
    problem: ({ cookies }) =>
      process.env.NODE_ENV === 'production' &&
      !cookies.secure &&
      'is false in production, where anybody on the way could read the tokens; leave it out, and serve the app over https',
  },
  ...(['access', 'refresh'] as const).map(
    (name): Rule<TransportSettings> => ({
      option: `cookies.${name}`,
      reads: ['cookies.secure'],
      problem: ({ cookies }) =>
        !cookies.secure &&
        /^__(Host|Secure|Http)-/i.test(cookies[name] ?? '') &&
        'has a prefix that browsers take with `secure` alone; choose another name',
    }),
  ),
  {
    option: 'cookies.refresh',
    reads: ['cookies.access', 'cookies.secure'],
    // Either of them may have its default. A resource server reads no refresh cookie.
    problem: ({ cookies }) =>
      'refresh' in cookies &&
      cookieNameOf('refresh', cookies) === cookieNameOf('access', cookies) &&
      'is the name of cookies.access too; choose another name',
  },
  {
    option: 'cookies.origins',
    reads: ['cookies.secure'],
    problem: ({ cookies: { secure, origins } }) => {
      const open = origins.find((origin) => !isPrivate(new URL(origin)));
      return secure && open && `has ${open}, whose pages anybody on the way can change; write https:`;
    },
  },
  {
    option: 'cookies.sameSite',
    reads: ['cookies.secure', 'cookies.origins'],
    problem: ({ cookies: { sameSite, secure, origins } }) => {
      if (sameSite !== 'none') return undefined;
      if (!secure) return "is 'none' without cookies.secure, which no browser takes; leave secure out";
      return origins.length === 0 && "is 'none' without cookies.origins; list the origins of the pages";
    },
  },
];

/** The name of a cookie with a token. */
export function cookieNameOf(name: 'access' | 'refresh', { [name]: given, secure }: CookieSettings): string {
  return given ?? cookiePrefix(secure) + name;
}

/** With this prefix, browsers refuse a cookie that a script or a sibling domain sets. */
export function cookiePrefix(secure: boolean): string {
  return secure ? '__Host-Http-' : 'nest-auth-';
}

/** Reports cookie options that have no effect. */
export function checkCookies(
  given: { readonly cookies?: unknown },
  read: TransportSettings,
  found: OptionReader,
): void {
  if (given.cookies !== undefined && read.transport === 'bearer')
    found.add('cookies', "is given, and transport is 'bearer'; set transport to 'cookie' or 'both'");
  found.check(COOKIE_RULES, read);
}
