import { Benchmark } from './benchmark.decorator';
import { aRegistry } from './support/stopped-clock';

const { registry, turn } = aRegistry();
afterEach(() => registry.clear());

const away = new Error('away');
const tick = () => new Promise(setImmediate);

class Work {
  /** 10 ms before each number, and 10 ms after the last. */
  @Benchmark('counts', registry)
  *counts(upTo: number): Generator<number, string, string | undefined> {
    const heard: string[] = [];
    try {
      for (let n = 1; n <= upTo; n++) {
        turn(10);
        heard.push((yield n) ?? '-');
      }
      return heard.join('');
    } finally {
      turn(10);
    }
  }

  @Benchmark('counts', registry)
  async *countsSlowly(upTo: number): AsyncGenerator<number, string> {
    for (let n = 1; n <= upTo; n++) {
      await tick();
      turn(10);
      yield n;
    }
    turn(10);
    return 'end';
  }

  @Benchmark('counts', registry)
  *breaks(): Generator<number> {
    yield 1;
    throw away;
  }

  @Benchmark('counts', registry)
  async *breaksSlowly(): AsyncGenerator<number> {
    yield 1;
    throw away;
  }

  @Benchmark('counts', registry)
  *asksItself(): Generator<string> {
    const self = this.itself;
    try {
      self?.next();
    } catch (error) {
      yield String(error);
    }
  }
  itself: Generator | undefined;
}

const sut = new Work();
const seen = () => ({ ...registry.getStats('counts'), errors: registry.getErrors('counts') });

it('is measured by the time inside it, over all steps, once it ends', () => {
  const numbers: number[] = [];
  for (const number of sut.counts(3)) {
    numbers.push(number);
    turn(5_000);
    expect(registry.getStats('counts')).toBeUndefined();
  }
  expect(numbers).toEqual([1, 2, 3]);
  expect(seen()).toMatchObject({ count: 1, mean: expect.closeTo(0.04, 9) as number, errors: 0 });
});

it('is measured when it is left early', () => {
  for (const number of sut.counts(3)) if (number === 2) break;
  expect(seen()).toMatchObject({ count: 1, mean: expect.closeTo(0.03, 9) as number, errors: 0 });
});

it('counts as an error when it throws, or has something thrown into it that it does not catch', () => {
  const [breaks, counts] = [sut.breaks(), sut.counts(3)];
  breaks.next();
  expect(() => breaks.next()).toThrow(away);
  counts.next();
  expect(() => counts.throw(away)).toThrow(away);
  expect([registry.getStats('counts'), registry.getErrors('counts')]).toEqual([undefined, 2]);
});

it('stays a generator that can be talked to, delegated to, and asked again after its end', () => {
  const talk = sut.counts(2);
  expect(Object.prototype.toString.call(talk)).toBe('[object Generator]');
  expect(talk[Symbol.iterator]()).toBe(talk);
  talk.next();
  talk.next('a');
  expect([talk.next('b'), talk.next()]).toEqual([
    { done: true, value: 'ab' },
    { done: true, value: undefined },
  ]);
  const around = function* () {
    return yield* sut.counts(1);
  };
  expect([...around()]).toEqual([1]);
  expect(seen()).toMatchObject({ count: 2, errors: 0 });
});

it('goes on when it asked itself for a step, which is refused', () => {
  sut.itself = sut.asksItself();
  expect([...sut.itself]).toEqual(['TypeError: Generator is already running']);
  expect(seen()).toMatchObject({ count: 1, errors: 0 });
});

it('is not counted while nobody finishes it', () => {
  sut.counts(3).next();
  expect(registry.getStats('counts')).toBeUndefined();
});

describe('an asynchronous one', () => {
  it('is measured by the time inside it, its own waiting included', async () => {
    const numbers: number[] = [];
    for await (const number of sut.countsSlowly(3)) {
      numbers.push(number);
      turn(5_000);
    }
    expect(numbers).toEqual([1, 2, 3]);
    expect(seen()).toMatchObject({ count: 1, mean: expect.closeTo(0.04, 9) as number, errors: 0 });
  });

  it('counts time once when several steps are asked for at once', async () => {
    const steps = sut.countsSlowly(2);
    const first = steps.next();
    turn(5); // while the generator waits for the first of its numbers
    const taken = await Promise.all([first, steps.next(), steps.next(), steps.next()]);
    expect(taken.map(({ value }) => value)).toEqual([1, 2, 'end', undefined]);
    expect(seen()).toMatchObject({ count: 1, mean: expect.closeTo(0.035, 9) as number, errors: 0 });
  });

  it('counts as an error when it rejects', async () => {
    const steps = sut.breaksSlowly();
    await steps.next();
    await expect(steps.next()).rejects.toBe(away);
    expect([registry.getStats('counts'), registry.getErrors('counts')]).toEqual([undefined, 1]);
  });
});
