import { clientAddress } from './client-address';

describe('the address of a client', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('is what the proxy says, in one spelling: %s', (told, expected) => {
    expect(clientAddress(told, '10.0.0.1')).toBe(expected);
  });

  it.each([
    undefined,
    '',
    'unknown',
    '203.0.113.7:4711',
    '[2001:db8::1]',
    '_hidden',
    '127',
    '0x7f000001',
    '1.2.3.4.5',
    `${'x'.repeat(300)}`,
    "'; DROP TABLE buckets",
    '\u0000',
  ])('is that of the connection where the proxy says %j', (told) => {
    expect(clientAddress(told, '::ffff:10.0.0.1')).toBe('10.0.0.1');
  });

  it("is nobody's where the connection is gone already", () => {
    expect(clientAddress(undefined, undefined)).toBe('unknown');
  });
});
