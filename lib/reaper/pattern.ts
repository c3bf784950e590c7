import { BlockList, isIP } from 'node:net';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { globMatches } from '../privileges/glob.ts';
import { addressOf } from '../sessions/group-key.ts';
import type { Holds } from '../sessions/holds.ts';

/**
 * Whether a text matches.
 *
 * @param isCut - the text goes on, and it is not known how: true or false is what it is however it goes on
 */
export type Matches = (text: string, isCut?: boolean) => Holds;

const REGEX = /^\/.*\/[is]{0,2}$/su;
const MAX_PATTERN = 1_000;

/** @throws Error that says what is wrong, and quotes nothing of the pattern */
function compiledBy(source: string, bits: number): RE2JS {
  try {
    return RE2JS.compile(source, bits);
  } catch (error) {
    // Stryker disable next-line StringLiteral: no pattern is known to make RE2JS throw anything else
    throw new Error(error instanceof RE2JSSyntaxException ? error.getDescription() : 'it is not one');
  }
}

function regexOf(pattern: string): Matches | undefined {
  if (!REGEX.test(pattern)) return undefined;
  const end = pattern.lastIndexOf('/');
  const flags = pattern.slice(end);
  const bits = (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) | (flags.includes('s') ? RE2JS.DOTALL : 0);
  const source = pattern.slice(1, end);
  const compiled = compiledBy(source, bits);
  // What was found stays found in a longer text, unless the pattern looks at what comes behind it.
  const looksBehind = /\$|\\[bBzZ]/.test(source);
  return (text, isCut = false) => {
    const isFound = compiled.matcher(text).find();
    return isCut && (looksBehind || !isFound) ? undefined : isFound;
  };
}

function globOf(pattern: string): Matches {
  const [first = ''] = pattern.split('*');
  const isOpen = pattern.endsWith('*');
  return (text, isCut = false) => {
    if (!isCut) return globMatches(pattern, text);
    if (!text.startsWith(first.slice(0, text.length))) return false;
    return isOpen && globMatches(pattern, text) ? true : undefined;
  };
}

/**
 * A pattern of a rule as a function: `/regex/` (flags `i`, `s`) finds anywhere in the text and runs in linear time (RE2
 * syntax: no look-around, no back-references); anything else is a glob of the whole text, `*` for any run of characters.
 *
 * @throws Error for a regular expression that RE2 does not know, and for a pattern of more than 1,000 characters
 */
export function compilePattern(pattern: string): Matches {
  if (pattern.length > MAX_PATTERN) throw new Error(`a pattern has at most ${MAX_PATTERN} characters`);
  return regexOf(pattern) ?? globOf(pattern);
}

/**
 * What a host's address may be. MySQL writes an IPv6 address and its port without brackets, and then no one can tell a port of
 * up to four digits from the address's last group.
 */
function addressesOf(host: string): readonly string[] {
  const address = addressOf(host);
  const shorter = host.replace(/:\d{1,4}$/, '');
  return isIP(host) === 6 && isIP(shorter) === 6 ? [address, shorter] : [address];
}

/** Node takes an address with a zone, `fe80::1%eth0`, for one; whether a network holds it is not known. */
const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');

const familyOf = (address: string) => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

const CIDR = /^[0-9a-fA-F.:]+\/\d{1,3}$/;

/** A network, or one address. Of a host that is a name it says nothing: the name may stand for any address. */
function networkOf(pattern: string): Matches | undefined {
  const isOne = isAddress(pattern);
  const end = pattern.lastIndexOf('/');
  const network = isOne ? pattern : pattern.slice(0, end);
  if (!isOne && (!CIDR.test(pattern) || isIP(network) === 0)) return undefined;
  const family = familyOf(network);
  const most = family === 'ipv4' ? 32 : 128;
  const bits = isOne ? most : Number(pattern.slice(end + 1));
  if (bits > most) throw new Error('the network has more bits than its address');
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  // The list knows an IPv4 address in its IPv6 form (::ffff:10.0.0.7) too.
  return (address) => (isAddress(address) ? list.check(address, familyOf(address)) : undefined);
}

/** A glob of an address, such as `10.0.*`: of a host that is a name it says as little as a network does. */
function addressGlobOf(pattern: string): Matches | undefined {
  const isOfAddress =
    /\d/.test(pattern.replace(/:\d+$/, '')) && /^(?:[\d.*]+(?::[\d*]*)?|[\da-fA-F.*]*:[\da-fA-F:.*]*)$/.test(pattern);
  if (!isOfAddress) return undefined;
  return (address) =>
    globMatches(pattern, address) ||
    globMatches(pattern, address.replace(/^::ffff:(?=\d+\.)/i, '')) ||
    (isAddress(address) ? false : undefined);
}

/**
 * A pattern of a client's address: a network (`10.0.0.0/24`) and a glob ignore the port unless the glob names one; a
 * `/regex/` sees the column as the server gives it, port included. Where the server shows a name instead of an address,
 * it is not known whether a network, an address or a glob of addresses matches it.
 *
 * @throws Error as {@link compilePattern}
 */
export function compileHostPattern(pattern: string): Matches {
  const matches = compilePattern(pattern);
  if (REGEX.test(pattern)) return matches;
  const holds = networkOf(pattern) ?? addressGlobOf(pattern) ?? matches;
  return (host) => {
    if (matches(host) === true) return true;
    const [first, second = first] = addressesOf(host).map((address) => holds(address));
    return first === second ? first : undefined;
  };
}
