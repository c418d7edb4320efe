import { aRegistry } from './support/stopped-clock';
import { runBenchmark } from './run-benchmark';

it('measures each call after the warm-up', async () => {
  const { registry, turn } = aRegistry();
  let calls = 0;
  const fn = () => {
    calls += 1;
    turn(calls <= 5 ? 9_000 : calls);
  };
  const run = await runBenchmark(fn, { iterations: 3, warmup: 5, registry });
  expect(run).toMatchObject({ count: 3, min: 0.006, median: 0.007, max: 0.008, samples: [0.006, 0.007, 0.008] });
  expect(registry.getAllStats()).toEqual({});
});

it('measures a promise until it is settled, and never two at a time', async () => {
  const { registry, turn } = aRegistry();
  let running = 0;
  const fn = async () => {
    expect(++running).toBe(1);
    await new Promise(setImmediate);
    turn(20);
    running -= 1;
  };
  const { samples } = await runBenchmark(fn, { iterations: 4, warmup: 1, registry });
  expect(samples).toEqual([0.02, 0.02, 0.02, 0.02]);
});

it('records the run under a name if it has one, without the warm-up', async () => {
  const { registry, turn } = aRegistry();
  await runBenchmark(() => turn(10), { iterations: 7, warmup: 2, name: 'parsing', registry });
  expect(registry.getStats('parsing')).toMatchObject({ count: 7, mean: expect.closeTo(0.01, 9) as number });
});

it.each([
  [
    'throws',
    () => {
      throw new Error('away');
    },
  ],
  ['rejects', () => Promise.reject(new Error('away'))],
])('has no result when the function %s', async (_how, fn) => {
  const { registry } = aRegistry();
  await expect(runBenchmark(fn, { name: 'a', registry })).rejects.toThrow('away');
  expect(registry.getStats('a')).toBeUndefined();
});

it.each([{ iterations: 0 }, { iterations: 1.5 }, { iterations: NaN }, { warmup: -1 }, { warmup: Infinity }])(
  'refuses %p',
  async (options) => {
    await expect(runBenchmark(() => {}, options)).rejects.toThrow(RangeError);
  },
);
