import { bucketOf } from './latency.buckets';
import { ServiceTally } from './service.tally';

it('gives its counts away once, and takes them back', () => {
  const sut = new ServiceTally();
  sut.count(false, 0.01);
  sut.count(false, 0.01);
  sut.count(true, 2);
  const taken = sut.take();
  expect([taken.successful, taken.failed]).toEqual([2, 1]);
  expect([taken.latencies[bucketOf(0.01)], taken.latencies[bucketOf(2)]]).toEqual([2, 1]);
  sut.count(false, 0.01);
  sut.giveBack(taken);
  const again = sut.take();
  expect([again.successful, again.failed, again.latencies[bucketOf(0.01)]]).toEqual([3, 1, 3]);
  expect(sut.take().latencies.every((count) => count === 0)).toBe(true);
});
