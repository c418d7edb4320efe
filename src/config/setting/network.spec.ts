import { readNetwork } from './network';

describe('readNetwork', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.168.1.7', '192.168.1.7/32'],
    ['fd00::/8', 'fd00::/8'],
    ['::1', '::1/128'],
    ['::ffff:10.0.0.0/104', '::ffff:10.0.0.0/104'],
  ])('reads %s as %s', (text, network) => {
    expect(readNetwork(text)).toBe(network);
  });

  it.each([
    '',
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    '010.0.0.1',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '/8',
    'fe80::1%eth0',
    'a.b',
    ' ::1',
  ])('does not read "%s"', (text) => {
    expect(readNetwork(text)).toBeUndefined();
  });
});
