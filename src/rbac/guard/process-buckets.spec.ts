import { ProcessBuckets } from './process-buckets';

const limits = { capacity: 3, windowSeconds: 60 };

describe('ProcessBuckets', () => {
  let now = 0;
  let sut = new ProcessBuckets(2, () => now);

  beforeEach(() => {
    now = 0;
    sut = new ProcessBuckets(2, () => now);
  });

  function takes(key: string, times: number): boolean[] {
    return Array.from({ length: times }, () => sut.take(key, limits).admitted);
  }

  it('admit what a bucket holds, and no more', () => {
    expect(takes('a', 4)).toEqual([true, true, true, false]);
    expect(takes('b', 1)).toEqual([true]);
  });

  it('tell what is left and when there is more', () => {
    expect(sut.take('a', limits)).toEqual({ admitted: true, remaining: 2, nextTokenInSeconds: 20 });
    takes('a', 2);
    expect(sut.take('a', limits)).toEqual({ admitted: false, remaining: 0, nextTokenInSeconds: 20 });
  });

  it('are refilled evenly', () => {
    takes('a', 3);
    now = 19_999;
    expect(takes('a', 1)).toEqual([false]);
    now = 20_000;
    expect(takes('a', 2)).toEqual([true, false]);
  });

  it('remember no more clients than they may, and forget the one not seen for longest', () => {
    takes('a', 3);
    takes('b', 3);
    takes('a', 1);
    takes('c', 1);
    expect(takes('a', 1)).toEqual([false]);
    expect(takes('b', 1)).toEqual([true]);
  });
});
