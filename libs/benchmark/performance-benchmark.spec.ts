import { clear, getStats } from './default-registry';
import { PerformanceBenchmark } from './performance-benchmark';
import { aRegistry } from './support/stopped-clock';

it('measures the block that it is used in, to its end', () => {
  const { registry, turn } = aRegistry();
  {
    using _benchmark = new PerformanceBenchmark('database_query', registry);
    turn(250);
  }
  turn(1_000);
  expect(registry.getStats('database_query')).toMatchObject({ count: 1, mean: 0.25 });
});

it('measures an asynchronous block', async () => {
  const { registry, turn } = aRegistry();
  {
    await using _benchmark = new PerformanceBenchmark('database_query', registry);
    await Promise.resolve();
    turn(250);
  }
  expect(registry.getStats('database_query')).toMatchObject({ count: 1, mean: 0.25 });
});

it('measures a block that throws, and counts it as an error if told so', () => {
  const { registry, turn } = aRegistry();
  const block = (fails: boolean) => {
    using benchmark = new PerformanceBenchmark('a', registry);
    turn(10);
    if (fails) benchmark.fail();
    throw new Error('away');
  };
  expect(() => block(false)).toThrow('away');
  expect(() => block(true)).toThrow('away');
  expect([registry.getStats('a')?.count, registry.getErrors('a')]).toEqual([1, 1]);
});

it('can be stopped before the end, once', () => {
  const { registry, turn } = aRegistry();
  {
    using benchmark = new PerformanceBenchmark('a', registry);
    turn(100);
    expect(benchmark.stop()).toBe(0.1);
    turn(100);
    expect(benchmark.stop()).toBe(0.1);
    benchmark.fail();
  }
  expect(registry.getStats('a')).toMatchObject({ count: 1, mean: 0.1 });
  expect(registry.getErrors('a')).toBe(0);
});

it("uses the process's registry unless told otherwise", () => {
  new PerformanceBenchmark('of the process').stop();
  expect(getStats('of the process')?.count).toBe(1);
  clear('of the process');
});
