import { SetMetadata } from '@nestjs/common';
import { Benchmark } from './benchmark.decorator';
import { aRegistry } from './support/stopped-clock';

const { registry, turn } = aRegistry();
afterEach(() => registry.clear());

const away = new Error('away');

/** Each method turns the clock on by 10 ms inside of it. */
class Work {
  static readonly greeting = 'hello';
  readonly greeting = 'hello';

  @Benchmark('plain_work', registry)
  named(name: string, _punctuation?: string): string {
    turn(10);
    return `${this.greeting} ${name}`;
  }

  @Benchmark(undefined, registry)
  unnamed(): void {}

  @Benchmark(undefined, registry)
  static ofTheClass(): string {
    return this.greeting;
  }

  @Benchmark(undefined, registry)
  throws(): void {
    throw away;
  }

  @Benchmark(undefined, registry)
  async waits(name: string): Promise<string> {
    await new Promise(setImmediate);
    turn(10);
    return `${this.greeting} ${name}`;
  }

  @Benchmark(undefined, registry)
  async rejects(): Promise<void> {
    await new Promise(setImmediate);
    throw away;
  }

  @Benchmark(undefined, registry)
  lazy() {
    // oxlint-disable-next-line unicorn/no-thenable -- queries of some libraries start when they are awaited
    const query = { asked: 0, then: (resolve: (rows: number) => void) => resolve(++query.asked) };
    return query;
  }

  @SetMetadata('above', 1)
  @Benchmark(undefined, registry)
  @SetMetadata('below', 2)
  decorated(_one: string, _two: string): void {}
}

const sut = new Work();

describe('a plain method', () => {
  it('is measured under its name, and does what it did', () => {
    expect(sut.named('world')).toBe('hello world');
    expect(registry.getStats('plain_work')).toMatchObject({ count: 1, mean: 0.01 });
  });

  it('has Class.method as its name where none is given', () => {
    sut.unnamed();
    expect(Work.ofTheClass()).toBe('hello');
    expect(Object.keys(registry.getAllStats())).toEqual(['Work.unnamed', 'Work.ofTheClass']);
  });

  it('throws what it threw, and that is counted apart', () => {
    let thrown: unknown;
    try {
      sut.throws();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(away);
    expect([registry.getStats('Work.throws'), registry.getErrors('Work.throws')]).toEqual([undefined, 1]);
  });

  it('keeps its name, its arity and the metadata of decorators on both sides', () => {
    expect([sut.decorated.name, sut.decorated.length, sut.named.length]).toEqual(['decorated', 2, 2]);
    expect(Reflect.getMetadata('above', sut.decorated)).toBe(1);
    expect(Reflect.getMetadata('below', sut.decorated)).toBe(2);
    expect(Reflect.getMetadata('design:paramtypes', Work.prototype, 'decorated')).toEqual([String, String]);
  });

  it('does not start what only starts when it is awaited', async () => {
    const query = sut.lazy();
    expect([query.asked, registry.getStats('Work.lazy')?.count]).toEqual([0, 1]);
    await query;
    expect(query.asked).toBe(1);
  });
});

describe('an asynchronous method', () => {
  it('is measured until its promise is settled', async () => {
    const promise = sut.waits('world');
    expect(registry.getStats('Work.waits')).toBeUndefined();
    expect(await promise).toBe('hello world');
    expect(registry.getStats('Work.waits')).toMatchObject({ count: 1, mean: 0.01 });
  });

  it('rejects with what it rejected with, and that is counted apart', async () => {
    await expect(sut.rejects()).rejects.toBe(away);
    expect([registry.getStats('Work.rejects'), registry.getErrors('Work.rejects')]).toEqual([undefined, 1]);
  });
});

it('is for methods alone', () => {
  const decorate = Benchmark() as (target: object, key: string, descriptor: PropertyDescriptor) => void;
  expect(() => decorate({}, 'size', { get: () => 1 })).toThrow('@Benchmark is for methods, and size is none');
});
