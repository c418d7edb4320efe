import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** Shorter ones of IPv4 addresses mapped into IPv6 would let in more than anybody can have meant. */
const MAPPED_BITS = 96;

/**
 * The one spelling of a network, `10.0.0.0/8`; of a single address, the network that holds only it. Null for what is
 * none, or has bits set behind its prefix, which mostly is a slip.
 */
export function readNetwork(text: string): string | null {
  const [, address = '', prefix] = /^([0-9a-f:.]{2,45})(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) return null;
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
  if (bits > (family === 4 ? 32 : 128)) return null;
  const [start, length] = unmapped([ipaddr.parse(address), bits]) ?? [];
  if (start === undefined || length === undefined) return null;
  return firstOf([start, length]).toString() === start.toString() ? `${start.toString()}/${length}` : null;
}

/** Networks that a key may be used from. Made once for a key, asked for every request. */
export class AllowedNetworks {
  private readonly networks: readonly Network[];

  constructor(networks: readonly string[]) {
    this.networks = networks.map((network) => ipaddr.parseCIDR(network));
  }

  /** Whether an address is in one of them; nobody's address is in none. */
  has(address: string | undefined): boolean {
    if (address === undefined || isIP(address) === 0) return false;
    const parsed = ipaddr.process(address);
    return this.networks.some((network) => isIn(parsed, network));
  }

  /** Whether all of another network lies within one of them. */
  contains(network: string): boolean {
    const [start, bits] = ipaddr.parseCIDR(network);
    return this.networks.some((outer) => outer[1] <= bits && isIn(start, outer));
  }
}

function isIn(address: Address, [start, bits]: Network): boolean {
  return address.kind() === start.kind() && address.match(start, bits);
}

function unmapped([address, bits]: Network): Network | null {
  if (!(address instanceof ipaddr.IPv6) || !address.isIPv4MappedAddress()) return [address, bits];
  return bits < MAPPED_BITS ? null : [address.toIPv4Address(), bits - MAPPED_BITS];
}

function firstOf([start, bits]: Network): Address {
  const cidr = `${start.toString()}/${bits}`;
  return start.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
}
