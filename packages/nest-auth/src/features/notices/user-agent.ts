/** These characters are always among the 256 that a device keeps of the header, even with long versions. */
const STABLE_LENGTH = 100;

/** A user agent without its versions and numbers, so that an update does not make another device of it. */
export function stablePartOf(userAgent: string | null): string {
  return (userAgent ?? '').replace(/\/[^\s;)]*|[\d._]+/g, '').slice(0, STABLE_LENGTH);
}

/** What a user agent says, in our words. */
export interface Program {
  /** A browser, or the first word of another program's user agent. */
  readonly browser: string | null;
  readonly system: string | null;
}

/** The first match counts, because most browsers name others too. */
const BROWSERS: readonly (readonly [string, RegExp])[] = [
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\b(OPR|OPT|Opera)\b/],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Chrome|CriOS)\//],
  ['Safari', /\bSafari\//],
];

const SYSTEMS: readonly (readonly [string, RegExp])[] = [
  ['iOS', /\b(iPhone|iPad|iPod|iOS)\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\b(Macintosh|macOS)\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
];

/**
 * The program and its system, for a mail. The client writes the header, and a thief could put a message or a link into
 * it, so it is never quoted. Only one short word is repeated, such as `curl`.
 */
export function programOf(userAgent: string | null): Program {
  const text = userAgent ?? '';
  const find = (among: typeof BROWSERS) => among.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
  const [, word = null] = /^(?!Mozilla\b)([A-Za-z]{1,20})(?:\/|$)/.exec(text) ?? [];
  return { browser: find(BROWSERS) ?? word, system: find(SYSTEMS) };
}
