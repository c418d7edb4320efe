import { BlockList, isIPv4 } from 'node:net';
import { AddressPolicy, InvalidNetwork } from './address-policy';

const strict = new AddressPolicy();

describe('without an allow-list', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.1.1',
    '198.17.1.1',
    '223.255.255.255',
    '168.63.129.15',
  ])('the public IPv4 address %s is allowed', (address) => expect(strict.judge(address)).toEqual({ allowed: true }));

  it.each(['2606:4700:4700::1111', '2a00:1450:4001:830::200e', '2620:4f:7fff::1', '2001:4860:4860::8888'])(
    'the public IPv6 address %s is allowed',
    (address) => expect(strict.judge(address)).toEqual({ allowed: true }),
  );

  it.each([
    ['0.0.0.0', 'an unspecified address'],
    ['0.1.2.3', 'an unspecified address'],
    ['10.0.0.1', 'a private address'],
    ['10.255.255.255', 'a private address'],
    ['100.64.0.1', 'an address of a carrier-grade NAT'],
    ['100.100.100.200', 'an address of a carrier-grade NAT'],
    ['127.0.0.1', 'a loopback address'],
    ['127.255.255.254', 'a loopback address'],
    ['168.63.129.16', 'the address of a cloud platform service'],
    ['169.254.169.254', 'a link-local address'],
    ['169.254.170.2', 'a link-local address'],
    ['172.16.0.1', 'a private address'],
    ['172.31.255.255', 'a private address'],
    ['192.0.0.192', 'a reserved address'],
    ['192.0.2.1', 'an address for documentation'],
    ['192.88.99.1', 'a reserved address'],
    ['192.168.0.1', 'a private address'],
    ['198.18.0.1', 'an address for benchmarks'],
    ['198.19.255.255', 'an address for benchmarks'],
    ['198.51.100.7', 'an address for documentation'],
    ['203.0.113.7', 'an address for documentation'],
    ['224.0.0.1', 'a multicast address'],
    ['239.255.255.250', 'a multicast address'],
    ['240.0.0.1', 'a reserved address'],
    ['255.255.255.255', 'the broadcast address'],
    ['::', 'an unspecified address'],
    ['::1', 'a loopback address'],
    ['0:0:0:0:0:0:0:1', 'a loopback address'],
    ['::127.0.0.1', 'an IPv4-compatible address'],
    ['::8.8.8.8', 'an IPv4-compatible address'],
    ['::ffff:127.0.0.1', 'a loopback address'],
    ['::ffff:7f00:1', 'a loopback address'],
    ['::FFFF:A9FE:A9FE', 'a link-local address'],
    ['::ffff:0:127.0.0.1', 'an IPv4-translated address'],
    ['64:ff9b::127.0.0.1', 'an address that carries a forbidden IPv4 address'],
    ['64:ff9b::a9fe:a9fe', 'an address that carries a forbidden IPv4 address'],
    ['64:ff9b:1::8.8.8.8', 'an address of a local NAT64'],
    ['64:ff9b:2::1', 'a reserved address'],
    ['100::1', 'a discard address'],
    ['2001::7f00:1', 'a Teredo address'],
    ['2001:2::1', 'a reserved address'],
    ['2001:10::1', 'a reserved address'],
    ['2001:db8::1', 'an address for documentation'],
    ['2002:7f00:1::', 'a 6to4 address'],
    ['2002:a9fe:a9fe::1', 'a 6to4 address'],
    ['2606:4700::5efe:10.0.0.1', 'an address that carries a forbidden IPv4 address'],
    ['2606:4700::200:5efe:127.0.0.1', 'an address that carries a forbidden IPv4 address'],
    ['3fff::1', 'an address for documentation'],
    ['4000::1', 'a reserved address'],
    ['5f00::1', 'a reserved address'],
    ['fc00::1', 'a unique-local address'],
    ['fd00:ec2::254', 'a unique-local address'],
    ['fd20:ce::254', 'a unique-local address'],
    ['fe80::1', 'a link-local address'],
    ['fe80::1%eth0', 'a link-local address'],
    ['fec0::1', 'a site-local address'],
    ['ff02::1', 'a multicast address'],
  ])('%s is refused as %s', (address, what) => {
    expect(strict.judge(address)).toEqual({ allowed: false, what });
  });

  it.each(['64:ff9b::8.8.8.8', '::ffff:8.8.8.8', '2606:4700::5efe:8.8.8.8'])(
    '%s leads to a public IPv4 address and is allowed',
    (address) => expect(strict.allows(address)).toBe(true),
  );

  it.each(['', 'localhost', '127.1', '0177.0.0.1', '0x7f000001', '2130706433', '8.8.8.8/8', '[::1]', '8.8.8.8:80'])(
    '%j is no IP address, and nothing else passes',
    (address) => expect(strict.judge(address)).toEqual({ allowed: false, what: 'not an IP address' }),
  );
});

describe('a network', () => {
  it.each([
    ['10.20.0.0', 14],
    ['192.168.77.128', 25],
    ['203.0.113.7', 32],
    ['fd12:3456:7800::', 40],
    ['2001:db8::', 33],
    ['fe80::', 10],
    ['::', 96],
  ])('%s/%d has the members that Node finds in it', (network, bits) => {
    const list = new BlockList();
    list.addSubnet(network, bits, isIPv4(network) ? 'ipv4' : 'ipv6');
    const sut = new AddressPolicy([`${network}/${bits}`]);
    for (let i = 0; i < 2_000; i++) {
      const address = near(network, i);
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      const expected = list.check(address, family) || strict.allows(address);
      expect([address, sut.allows(address)]).toEqual([address, expected]);
    }
  });

  /** The address with one to three of its bits changed, another one for each `i`. */
  function near(address: string, i: number): string {
    const v4 = isIPv4(address);
    const width = v4 ? 32 : 128;
    let bits = v4 ? toBits(address.split('.').map(Number), 8n) : toBits(groups(address), 16n);
    for (let flip = 0, seed = i; flip < 3; flip++, seed = Math.floor(seed / 7) + i * 3)
      bits ^= 1n << BigInt(seed % width);
    const part = (shift: number, mask: bigint) => (bits >> BigInt(shift)) & mask;
    return v4
      ? [24, 16, 8, 0].map((shift) => part(shift, 0xffn)).join('.')
      : Array.from({ length: 8 }, (_, g) => part(112 - 16 * g, 0xffffn).toString(16)).join(':');
  }
  const toBits = (parts: number[], width: bigint) => parts.reduce((all, one) => (all << width) | BigInt(one), 0n);
  function groups(address: string): number[] {
    const [head = '', tail = ''] = address.split('::');
    const numbers = (text: string) => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)));
    const [first, last] = [numbers(head), numbers(tail)];
    return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  }
});

describe('the allow-list', () => {
  it('exempts networks and single addresses, in either family, and nothing beside them', () => {
    const sut = new AddressPolicy(['127.0.0.0/8', '10.1.2.3', 'fd12:3456::/32', '::1', ' 172.20.0.0/16 ']);
    for (const address of ['127.0.0.1', '127.9.9.9', '10.1.2.3', 'fd12:3456::9', '::1', '172.20.255.1', '8.8.8.8']) {
      expect([address, sut.allows(address)]).toEqual([address, true]);
    }
    for (const address of ['10.1.2.4', 'fd12:3457::9', '::2', '172.21.0.1', '169.254.169.254', 'fe80::1']) {
      expect([address, sut.allows(address)]).toEqual([address, false]);
    }
  });

  it('exempts an IPv4 network in its IPv4-mapped form too, but not what another machine would translate', () => {
    const sut = new AddressPolicy(['127.0.0.0/8']);
    expect(sut.allows('::ffff:127.0.0.1')).toBe(true);
    expect(sut.allows('64:ff9b::127.0.0.1')).toBe(false);
    expect(sut.allows('2002:7f00:1::')).toBe(false);
  });

  it('takes a network of IPv4-mapped addresses for the IPv4 network that it is', () => {
    expect(new AddressPolicy(['::ffff:10.0.0.0/104']).allows('10.200.0.1')).toBe(true);
    expect(new AddressPolicy(['::ffff:10.0.0.1']).allows('10.0.0.2')).toBe(false);
  });

  it('can be everything', () => {
    const sut = new AddressPolicy(['0.0.0.0/0', '::/0']);
    expect(sut.allows('127.0.0.1')).toBe(true);
    expect(sut.allows('fe80::1')).toBe(true);
  });

  it.each([
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0/8',
    '::/129',
    '012.0.0.1',
    '::ffff:0:0/90',
    '10.0.0.0/0x8',
  ])('does not take %j', (network) => {
    expect(() => new AddressPolicy(['10.0.0.0/8', network])).toThrow(InvalidNetwork);
    expect(() => new AddressPolicy([network])).toThrow(`"${network}" is not a network`);
  });
});
