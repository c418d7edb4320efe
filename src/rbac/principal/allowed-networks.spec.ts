import { AllowedNetworks, readNetwork } from './allowed-networks';

describe('readNetwork', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
  ])('reads %s as %s', (text, network) => {
    expect(readNetwork(text)).toBe(network);
  });

  it.each([
    '',
    'nonsense',
    '10.0.0.0/33',
    '10.0.0.1/8',
    '::1/129',
    'fe80::1%eth0',
    '10.0.0.0/8 ',
    '010.0.0.1',
    '1/8',
    '::ffff:0.0.0.0/90',
  ])('refuses %j', (text) => {
    expect(readNetwork(text)).toBeNull();
  });
});

describe('AllowedNetworks', () => {
  const sut = new AllowedNetworks(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7/32']);

  it.each(['10.255.0.1', '::ffff:10.0.0.1', '2001:db8::5', '192.0.2.7'])('has %s', (address) => {
    expect(sut.has(address)).toBe(true);
  });

  it.each([undefined, '', 'nonsense', '11.0.0.1', '::ffff:11.0.0.1', '2001:db9::', '192.0.2.8', '::1'])(
    'does not have %s',
    (address) => {
      expect(sut.has(address)).toBe(false);
    },
  );

  it('contains networks that lie wholly within one of its own', () => {
    expect(['10.1.0.0/16', '10.0.0.0/8', '192.0.2.7/32'].map((inner) => sut.contains(inner))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['0.0.0.0/0', '10.0.0.0/7', '192.0.2.0/24', '::/0'].map((inner) => sut.contains(inner))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
