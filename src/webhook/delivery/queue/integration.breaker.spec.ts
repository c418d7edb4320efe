import { IntegrationBreaker } from './integration.breaker';

describe('the breaker of an integration', () => {
  it('opens at so many failures in a row, and counts anew then', () => {
    const sut = new IntegrationBreaker(3);
    const failures = Array.from({ length: 6 }, () => sut.opens('a', 'strained'));
    expect(failures).toEqual([false, false, true, false, false, true]);
  });

  it('counts anew after an answer that was well, and not after what says nothing', () => {
    const sut = new IntegrationBreaker(2);
    expect([sut.opens('a', 'strained'), sut.opens('a', 'well'), sut.opens('a', 'strained')]).not.toContain(true);
    expect([sut.opens('a', null), sut.opens('a', 'strained')]).toEqual([false, true]);
  });

  it('counts for each integration', () => {
    const sut = new IntegrationBreaker(2);
    expect([sut.opens('a', 'strained'), sut.opens('b', 'strained')]).toEqual([false, false]);
  });

  it('stays open where the one that was let through to see failed too', () => {
    expect(new IntegrationBreaker(5).opens('a', 'strained', true)).toBe(true);
    expect(new IntegrationBreaker(5).opens('a', 'well', true)).toBe(false);
  });
});
