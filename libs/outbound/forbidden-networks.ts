/**
 * The networks that a tenant's address must not lead to, with the words for them. Sources: the IANA registries of
 * special-purpose addresses (RFC 6890 and its updates) for IPv4 and IPv6, RFC 5771 and RFC 4291 for multicast.
 * Metadata services that live inside of these (169.254.169.254, 100.100.100.200, 192.0.0.192, fd00:ec2::254,
 * fd20:ce::254) are refused with them; Azure's is the one that has a public address.
 */
export const FORBIDDEN_IPV4: readonly (readonly [network: string, what: string])[] = [
  ['0.0.0.0/8', 'an unspecified address'], // RFC 1122
  ['10.0.0.0/8', 'a private address'], // RFC 1918
  ['100.64.0.0/10', 'an address of a carrier-grade NAT'], // RFC 6598
  ['127.0.0.0/8', 'a loopback address'], // RFC 1122
  ['168.63.129.16/32', 'the address of a cloud platform service'], // Azure's host agent and metadata
  ['169.254.0.0/16', 'a link-local address'], // RFC 3927
  ['172.16.0.0/12', 'a private address'], // RFC 1918
  ['192.0.0.0/24', 'a reserved address'], // RFC 6890
  ['192.0.2.0/24', 'an address for documentation'], // RFC 5737
  ['192.31.196.0/24', 'a reserved address'], // AS112, RFC 7535
  ['192.52.193.0/24', 'a reserved address'], // AMT, RFC 7450
  ['192.88.99.0/24', 'a reserved address'], // 6to4 relays, RFC 7526
  ['192.168.0.0/16', 'a private address'], // RFC 1918
  ['192.175.48.0/24', 'a reserved address'], // AS112, RFC 7534
  ['198.18.0.0/15', 'an address for benchmarks'], // RFC 2544
  ['198.51.100.0/24', 'an address for documentation'], // RFC 5737
  ['203.0.113.0/24', 'an address for documentation'], // RFC 5737
  ['224.0.0.0/4', 'a multicast address'], // RFC 5771
  ['255.255.255.255/32', 'the broadcast address'], // RFC 919
  ['240.0.0.0/4', 'a reserved address'], // RFC 1112
];

/** Whatever of IPv6 is not in here must still be global unicast, see {@link GLOBAL_UNICAST_IPV6}. */
export const FORBIDDEN_IPV6: readonly (readonly [network: string, what: string])[] = [
  ['::/128', 'an unspecified address'], // RFC 4291
  ['::1/128', 'a loopback address'], // RFC 4291
  ['::/96', 'an IPv4-compatible address'], // RFC 4291, deprecated
  ['::ffff:0:0:0/96', 'an IPv4-translated address'], // RFC 2765
  ['64:ff9b:1::/48', 'an address of a local NAT64'], // RFC 8215
  ['100::/64', 'a discard address'], // RFC 6666
  ['2001::/32', 'a Teredo address'], // RFC 4380, carries IPv4 addresses
  ['2001::/23', 'a reserved address'], // RFC 2928: benchmarks, ORCHID and others
  ['2001:db8::/32', 'an address for documentation'], // RFC 3849
  ['2002::/16', 'a 6to4 address'], // RFC 3056, carries an IPv4 address
  ['2620:4f:8000::/48', 'a reserved address'], // AS112, RFC 7534
  ['3fff::/20', 'an address for documentation'], // RFC 9637
  ['fc00::/7', 'a unique-local address'], // RFC 4193
  ['fe80::/10', 'a link-local address'], // RFC 4291
  ['fec0::/10', 'a site-local address'], // RFC 3879, deprecated
  ['ff00::/8', 'a multicast address'], // RFC 4291
];

/** The only part of IPv6 that is given out for use on the internet (RFC 4291, IANA's address space registry). */
export const GLOBAL_UNICAST_IPV6 = '2000::/3';

/** The well-known prefix of NAT64: the last 32 bits are the IPv4 address that is really reached (RFC 6052). */
export const NAT64_IPV6 = '64:ff9b::/96';
