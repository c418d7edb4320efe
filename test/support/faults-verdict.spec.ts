import type { Ledger } from '../../bench/faults/ledger';
import { faultsOf } from '../../bench/faults/verdict';

const WELL: Ledger = {
  acknowledged: 10,
  stored: 11,
  storedUnacknowledged: 1,
  delivered: 11,
  deliveredTwice: 2,
  lost: 0,
  undelivered: 0,
  open: 0,
};

describe('a run of the faults', () => {
  it('is well where all that was acknowledged is stored and delivered', () => {
    expect(faultsOf(WELL)).toEqual([]);
  });

  it.each<[Partial<Ledger>, RegExp]>([
    [{ acknowledged: 0, stored: 0, delivered: 0 }, /nothing was acknowledged/],
    [{ lost: 1 }, /acknowledged and lost/],
    [{ undelivered: 1 }, /not delivered/],
    [{ open: 1 }, /still open/],
  ])('is not well with %j', (wrong, like) => {
    expect(faultsOf({ ...WELL, ...wrong })).toEqual([expect.stringMatching(like)]);
  });
});
