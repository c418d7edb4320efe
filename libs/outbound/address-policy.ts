import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { FORBIDDEN_IPV4, FORBIDDEN_IPV6, GLOBAL_UNICAST_IPV6, NAT64_IPV6 } from './forbidden-networks';

export type AddressVerdict =
  | { readonly allowed: true }
  /** `what` completes "it is …": "a loopback address". */
  | { readonly allowed: false; readonly what: string };

/** A network of the allow-list that is none. The message names it. */
export class InvalidNetwork extends Error {
  override readonly name = 'InvalidNetwork';
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

const ALLOWED: AddressVerdict = { allowed: true };
const forbiddenIpv4 = FORBIDDEN_IPV4.map(([cidr, what]) => ({ network: ipaddr.IPv4.parseCIDR(cidr), what }));
const forbiddenIpv6 = FORBIDDEN_IPV6.map(([cidr, what]) => ({ network: ipaddr.IPv6.parseCIDR(cidr), what }));
const globalUnicast = ipaddr.IPv6.parseCIDR(GLOBAL_UNICAST_IPV6);
const nat64 = ipaddr.IPv6.parseCIDR(NAT64_IPV6);

/**
 * Decides whether an address that a tenant named may be connected to: only public ones, and those of the networks
 * that whoever runs the program has allowed.
 *
 * It judges IP addresses as sockets use them, never names or URLs: what a name leads to can change between a check
 * and its use. An IPv4 address inside of an IPv6 one is judged as that IPv4 address.
 */
export class AddressPolicy {
  private readonly allowedNetworks: readonly Network[];

  /**
   * @param allow networks that may be reached whatever they are, as `10.1.0.0/16`, `fd12::/64` or a single address
   * @throws InvalidNetwork naming the first entry that is not one
   */
  constructor(allow: readonly string[] = []) {
    this.allowedNetworks = allow.map(parseNetwork);
  }

  /** Judges an IP address in textual form. What is no IP address is not allowed. */
  judge(address: string): AddressVerdict {
    if (isIP(address) === 0) return { allowed: false, what: 'not an IP address' };
    const parsed = withoutMapping(parseAddress(address));
    if (this.allowedNetworks.some((network) => isIn(parsed, network))) return ALLOWED;
    return parsed instanceof ipaddr.IPv4 ? judgeIpv4(parsed) : judgeIpv6(parsed);
  }

  allows(address: string): boolean {
    return this.judge(address).allowed;
  }
}

function judgeIpv4(address: ipaddr.IPv4): AddressVerdict {
  const found = forbiddenIpv4.find(({ network }) => address.match(network));
  return found ? { allowed: false, what: found.what } : ALLOWED;
}

function judgeIpv6(address: ipaddr.IPv6): AddressVerdict {
  const embedded = embeddedIpv4(address);
  if (embedded && !judgeIpv4(embedded).allowed) {
    return { allowed: false, what: 'an address that carries a forbidden IPv4 address' };
  }
  if (address.match(nat64)) return ALLOWED;
  const found = forbiddenIpv6.find(({ network }) => address.match(network));
  if (found) return { allowed: false, what: found.what };
  return address.match(globalUnicast) ? ALLOWED : { allowed: false, what: 'a reserved address' };
}

/** The IPv4 address that a NAT64 (RFC 6052) or ISATAP (RFC 5214) address leads to. */
function embeddedIpv4(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const bytes = address.toByteArray();
  // ISATAP's interface identifiers are 0000:5efe or 0200:5efe and the IPv4 address, under any prefix.
  const isatap = ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
  return isatap || address.match(nat64) ? new ipaddr.IPv4(bytes.slice(12)) : undefined;
}

/** The IPv4 address of an IPv4-mapped one (`::ffff:127.0.0.1`): a socket connects to that. */
function withoutMapping(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/**
 * Parses what `isIP` has found to be an address. IPv6 goes through the URL parser first, which writes it in plain
 * hexadecimal: ipaddr.js would take the IPv4-compatible `::8.8.8.8` for the IPv4-mapped `::ffff:8.8.8.8`.
 */
function parseAddress(text: string): Address {
  if (isIP(text) === 4) return ipaddr.IPv4.parse(text);
  const zone = text.indexOf('%');
  const { hostname } = new URL(`http://[${zone === -1 ? text : text.slice(0, zone)}]`);
  return ipaddr.IPv6.parse(hostname.slice(1, -1));
}

function isIn(address: Address, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function parseNetwork(text: string): Network {
  const [address = '', bits, ...rest] = text.trim().split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) throw notANetwork(text);
  const longest = family === 4 ? 32 : 128;
  const length = bits === undefined ? longest : Number(bits);
  if (length > longest) throw notANetwork(text);
  const parsed = parseAddress(address);
  const plain = withoutMapping(parsed);
  if (plain === parsed) return [parsed, length];
  // A network of IPv4-mapped addresses is one of IPv4 addresses, if it is no wider than all of them.
  if (length < 96) throw notANetwork(text);
  return [plain, length - 96];
}

function notANetwork(text: string): InvalidNetwork {
  return new InvalidNetwork(`"${text}" is not a network; write it like 10.1.0.0/16, fd12:3456::/32 or 192.168.1.7`);
}
