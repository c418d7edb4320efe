import { acceptedHops, hopsOf } from './hops';

describe('the number of hops', () => {
  it.each([
    [undefined, 0],
    [null, 0],
    ['0', 0],
    ['5', 5],
    ['007', 7],
    ['999999', 999_999],
  ])('of %j is %d', (header, hops) => {
    expect(hopsOf(header)).toBe(hops);
  });

  it.each(['', ' ', '-1', '1.5', '1e3', '1, 1', '0x1', 'Infinity', '1000000', ['1', '2']])(
    'cannot be told of %j',
    (header) => {
      expect(hopsOf(header)).toBeNull();
    },
  );

  it('is taken up to the most that may be meant', () => {
    expect(acceptedHops(undefined)).toBe(0);
    expect(acceptedHops('5')).toBe(5);
    expect(() => acceptedHops('6')).toThrow(expect.objectContaining({ code: 'loop-detected' }));
    expect(() => acceptedHops('many')).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});
