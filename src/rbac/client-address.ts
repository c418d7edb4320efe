import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** What one customer of a network is usually given, and can choose addresses from at will. */
const IPV6_BITS = 64;

/** Whom an address stands for when attempts are counted: an IPv4 address itself, of IPv6 the network of 64 bits. */
export function clientOfAddress(address: string | undefined): string {
  if (address === undefined || isIP(address) === 0) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${IPV6_BITS}`).toString()}/${IPV6_BITS}`;
}
