import { isIPv4, isIPv6 } from 'node:net';

/** A client's address and the networks around it. */
export interface ClientAddress {
  /** One host: an IPv4 address, or the /64 of an IPv6 address, because a host can use any address in its /64. */
  readonly own: string;
  /** The wider IPv6 prefixes that one customer of a provider may have. IPv4 addresses are too scarce for that. */
  readonly prefix56?: string;
  readonly prefix48?: string;
  /** The networks that it is part of, the widest first and `own` last. */
  readonly networks: readonly [string, ...string[]];
}

/** The longest text of an IP address. */
const MAX_LENGTH = 45;

/**
 * The address without the quotes, brackets or port that some proxies add. Any other text is cut to the maximum length
 * of an address.
 */
export function bareAddress(raw: string): string {
  const text = raw.trim().replace(/^"|"$/g, '');
  const inBrackets = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1];
  const beforePort = /^([^ ]*\d\.\d+):\d+$/.exec(text)?.[1];
  return (inBrackets ?? beforePort ?? text).slice(0, MAX_LENGTH);
}

/** Reads an address in any notation. */
export function clientAddress(raw: string): ClientAddress {
  const text = bareAddress(raw).toLowerCase();
  if (isIPv4(text)) return ofIPv4(text);
  // A zone names an interface of this machine.
  const address = text.split('%', 1)[0] as string;
  if (!isIPv6(address)) return { own: text, networks: ['unreadable', text] };
  const groups = groupsOf(address);
  const ipv4 = embeddedIPv4(groups);
  return ipv4 ? ofIPv4(ipv4) : ofIPv6(groups);
}

function ofIPv4(own: string): ClientAddress {
  const [a, b, c] = own.split('.');
  return { own, networks: [`${a}.${b}.0.0/16`, `${a}.${b}.${c}.0/24`, own] };
}

function ofIPv6(groups: readonly number[]): ClientAddress {
  const [a = 0, b = 0, c = 0, d = 0] = groups;
  const prefix = (length: number, ...of: number[]) => `${of.map((group) => group.toString(16)).join(':')}::/${length}`;
  const prefix48 = prefix(48, a, b, c);
  const prefix56 = prefix(56, a, b, c, d & 0xff00);
  const own = prefix(64, a, b, c, d);
  return { own, prefix56, prefix48, networks: [prefix(32, a, b), prefix48, prefix56, own] };
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a, b, c, d] = bytes.slice(0, 4).map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [before = [], after = []] = hex.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}

/** The IPv4 address in `::ffff:0:0/96` (mapped) or in `64:ff9b::/96` (translated, RFC 6052). */
function embeddedIPv4(groups: readonly number[]): string | undefined {
  const prefix = groups.slice(0, 6).join();
  if (prefix !== '0,0,0,0,0,65535' && prefix !== '100,65435,0,0,0,0') return undefined;
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}
