import { Logger } from '@nestjs/common';
import { Upkeep } from './upkeep';

class Counting extends Upkeep {
  protected readonly everyMs = 1_000;
  runs = 0;
  fault: Error | null = null;

  protected async run(): Promise<void> {
    this.runs++;
    if (this.fault) throw this.fault;
  }
}

describe('upkeep', () => {
  let sut: Counting;
  beforeEach(() => {
    jest.useFakeTimers();
    Logger.overrideLogger(false);
    sut = new Counting();
    sut.onApplicationBootstrap();
  });
  afterEach(() => {
    sut.onModuleDestroy();
    jest.useRealTimers();
  });

  it('is done now and then, until the program ends', async () => {
    await jest.advanceTimersByTimeAsync(2_999);
    expect(sut.runs).toBe(2);
    sut.onModuleDestroy();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(sut.runs).toBe(2);
  });

  it('is done again after it failed', async () => {
    sut.fault = new Error('the database is away');
    await jest.advanceTimersByTimeAsync(2_000);
    expect(sut.runs).toBe(2);
  });
});
