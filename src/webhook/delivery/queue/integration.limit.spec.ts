import { FIRST_LIMIT, IntegrationLimit } from './integration.limit';

const answers = (sut: IntegrationLimit, count: number, latencyMs: number, wasFull = true) => {
  for (let n = 0; n < count; n++) sut.answered('r', 'well', latencyMs, wasFull);
};

describe('what an integration may have at a time', () => {
  it('starts low, and never above what the process has', () => {
    expect(new IntegrationLimit(64).value).toBe(FIRST_LIMIT);
    expect(new IntegrationLimit(2).value).toBe(2);
  });

  it('grows by one with each window of good answers while all is in use, up to the most', () => {
    const sut = new IntegrationLimit(6);
    answers(sut, 3, 20);
    expect(sut.value).toBe(4);
    answers(sut, 1, 20);
    expect(sut.value).toBe(5);
    answers(sut, 100, 20);
    expect(sut.value).toBe(6);
  });

  it('does not grow while not all of it is in use', () => {
    const sut = new IntegrationLimit(64);
    answers(sut, 100, 20, false);
    expect(sut.value).toBe(4);
  });

  it('is halved by trouble, once for what was under way, and down to one', () => {
    const sut = new IntegrationLimit(64);
    answers(sut, 100, 20);
    const before = sut.value;
    expect(before).toBeGreaterThan(8);
    sut.answered('r', 'strained', 20, true);
    sut.answered('r', 'strained', 20, true);
    expect(sut.value).toBe(Math.floor(before / 2));
    for (let n = 0; n < 100; n++) sut.answered('r', 'strained', 20, true);
    expect(sut.value).toBe(1);
  });

  it('is halved where answers take far longer than the best, but by that alone not below the first', () => {
    const sut = new IntegrationLimit(64);
    answers(sut, 100, 20);
    const before = sut.value;
    answers(sut, 20, 2_000);
    expect(sut.value).toBeLessThan(before);
    answers(sut, 500, 2_000);
    expect(sut.value).toBe(FIRST_LIMIT);
  });

  it('measures each route by its own best: a slow workflow beside a quick one is no trouble', () => {
    const sut = new IntegrationLimit(64);
    for (let n = 0; n < 200; n++) {
      sut.answered('quick', 'well', 10, true);
      sut.answered('slow', 'well', 3_000, true);
    }
    expect(sut.value).toBeGreaterThan(20);
  });
});
