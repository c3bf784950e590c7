import { BlockList, isIP } from 'node:net';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { globMatches } from '../privileges/glob.ts';

/** True where a text matches. */
export type Matches = (text: string) => boolean;

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
  const compiled = compiledBy(pattern.slice(1, end), bits);
  return (text) => compiled.matcher(text).find();
}

/**
 * A pattern of a rule as a function: `/regex/` (flags `i`, `s`) finds anywhere in the text and runs in linear time (RE2
 * syntax: no look-around, no back-references); anything else is a glob of the whole text, `*` for any run of characters.
 *
 * @throws Error for a regular expression that RE2 does not know, and for a pattern of more than 1,000 characters
 */
export function compilePattern(pattern: string): Matches {
  if (pattern.length > MAX_PATTERN) throw new Error(`a pattern has at most ${MAX_PATTERN} characters`);
  return regexOf(pattern) ?? ((text) => globMatches(pattern, text));
}

/** The client's address without its port: `10.0.0.7:53211` → `10.0.0.7`, `[::1]:5` → `::1`, `localhost` as it is. */
export function addressOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host)?.[1];
  if (bracketed !== undefined) return bracketed;
  // An IPv6 address without brackets has no port that could be told from its last group.
  return isIP(host) === 6 ? host : host.replace(/:\d*$/, '');
}

/** Node takes an address with a zone, `fe80::1%eth0`, for one, and a network of it would hold addresses of every zone. */
const CIDR = /^[0-9a-fA-F.:]+\/\d{1,3}$/;

const familyOf = (address: string) => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

function networkOf(pattern: string): Matches | undefined {
  const end = pattern.lastIndexOf('/');
  const network = pattern.slice(0, end);
  if (!CIDR.test(pattern) || isIP(network) === 0) return undefined;
  const bits = Number(pattern.slice(end + 1));
  const family = familyOf(network);
  if (bits > (family === 'ipv4' ? 32 : 128)) throw new Error('the network has more bits than its address');
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return (host) => {
    const address = addressOf(host);
    return list.check(address, familyOf(address));
  };
}

/**
 * A pattern of a client's address: a network (`10.0.0.0/24`) and a glob ignore the port unless the glob names one; a
 * `/regex/` sees the column as the server gives it, port included.
 *
 * @throws Error as {@link compilePattern}
 */
export function compileHostPattern(pattern: string): Matches {
  const network = networkOf(pattern);
  if (network !== undefined) return network;
  const matches = compilePattern(pattern);
  if (REGEX.test(pattern)) return matches;
  return (host) => matches(addressOf(host)) || matches(host);
}
