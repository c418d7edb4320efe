import { hopsOf } from './hops';

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
});
