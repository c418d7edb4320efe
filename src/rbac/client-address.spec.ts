import { clientOfAddress } from './client-address';

describe('clientOfAddress', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['::1', '::/64'],
    ['nonsense', 'unknown'],
    [undefined, 'unknown'],
  ])('takes %s for %s', (address, client) => {
    expect(clientOfAddress(address)).toBe(client);
  });
});
