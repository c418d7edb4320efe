import { LEASE_MS, LeasedCache } from './leased-cache';

/** Questions that the test answers itself, when it wants. */
function anOracle() {
  const asked: { answer(value: string | null): void; fail(error: Error): void }[] = [];
  const ask = () =>
    new Promise<string | null>((answer, fail) => {
      asked.push({ answer, fail });
    });
  return { asked, ask };
}

describe('LeasedCache', () => {
  let now = 1_000;
  let oracle = anOracle();
  let sut = new LeasedCache<string>({ maxEntries: 2, maxAbsent: 2, now: () => now });

  beforeEach(() => {
    now = 1_000;
    oracle = anOracle();
    sut = new LeasedCache({ maxEntries: 2, maxAbsent: 2, now: () => now });
  });

  /** Asks, and answers at once. */
  async function learn(key: string, value: string | null): Promise<string | null> {
    const found = sut.find(key, oracle.ask);
    oracle.asked.at(-1)?.answer(value);
    return found;
  }

  it('answers from memory, without a promise, until the lease is over', async () => {
    expect(await learn('a', 'fact')).toBe('fact');
    now += LEASE_MS - 1;
    expect(sut.find('a', oracle.ask)).toBe('fact');
    now += 1;
    expect(sut.find('a', oracle.ask)).toBeInstanceOf(Promise);
  });

  it('counts the lease from before the question was sent, however long the answer took', async () => {
    const found = sut.find('a', oracle.ask);
    now += LEASE_MS - 10;
    oracle.asked[0]?.answer('fact');
    expect(await found).toBe('fact');
    now += 10;
    expect(sut.find('a', oracle.ask)).toBeInstanceOf(Promise);
    expect(oracle.asked).toHaveLength(2);
  });

  it('does not remember an answer that came after its lease', async () => {
    const found = sut.find('a', oracle.ask);
    now += LEASE_MS;
    oracle.asked[0]?.answer('fact');
    expect(await found).toBe('fact');
    expect(sut.size).toBe(0);
  });

  it('asks once for all that come at the same time', async () => {
    const all = [sut.find('a', oracle.ask), sut.find('a', oracle.ask), sut.find('a', oracle.ask)];
    expect(oracle.asked).toHaveLength(1);
    oracle.asked[0]?.answer('fact');
    expect(await Promise.all(all.map(async (found) => found))).toEqual(['fact', 'fact', 'fact']);
  });

  it('lets nobody join a question that is older than a lease', () => {
    void sut.find('a', oracle.ask);
    now += LEASE_MS;
    void sut.find('a', oracle.ask);
    expect(oracle.asked).toHaveLength(2);
  });

  it('does not let an answer back in that was asked for before everything was forgotten', async () => {
    const found = sut.find('a', oracle.ask);
    sut.clear();
    oracle.asked[0]?.answer('of before');
    expect(await found).toBe('of before');
    expect(sut.size).toBe(0);

    const after = sut.find('a', oracle.ask);
    oracle.asked[1]?.answer('of after');
    expect(await after).toBe('of after');
  });

  it('does not let an older answer overwrite a newer one', async () => {
    const slow = sut.find('a', oracle.ask);
    sut.clear();
    expect(await learn('a', 'new')).toBe('new');
    oracle.asked[0]?.answer('old');
    await slow;
    expect(sut.find('a', oracle.ask)).toBe('new');
  });

  it('passes an error on to those who waited and asks again for the next', async () => {
    const [one, other] = [sut.find('a', oracle.ask), sut.find('a', oracle.ask)];
    oracle.asked[0]?.fail(new Error('away'));
    await expect(one).rejects.toThrow('away');
    await expect(other).rejects.toThrow('away');
    expect(await learn('a', 'fact')).toBe('fact');
  });

  it('renews a fact that is in use while it is still good, once, and survives that failing', async () => {
    await learn('a', 'fact');
    now += LEASE_MS / 2;
    expect(sut.find('a', oracle.ask)).toBe('fact');
    expect(sut.find('a', oracle.ask)).toBe('fact');
    expect(oracle.asked).toHaveLength(2);
    oracle.asked[1]?.fail(new Error('away'));
    await new Promise(setImmediate);
    expect(sut.find('a', oracle.ask)).toBe('fact');
    expect(oracle.asked).toHaveLength(3);
    oracle.asked[2]?.answer('renewed');
    await new Promise(setImmediate);
    now += LEASE_MS / 2;
    expect(sut.find('a', oracle.ask)).toBe('renewed');
  });

  it('forgets a fact that was renewed to be none', async () => {
    await learn('a', 'fact');
    now += LEASE_MS / 2;
    void sut.find('a', oracle.ask);
    oracle.asked[1]?.answer(null);
    await new Promise(setImmediate);
    expect(sut.find('a', oracle.ask)).toBeNull();
  });

  it('keeps no more than it may, and those that were used last', async () => {
    await learn('a', 'A');
    await learn('b', 'B');
    expect(sut.find('a', oracle.ask)).toBe('A');
    await learn('c', 'C');
    expect(sut.size).toBe(2);
    expect(sut.find('a', oracle.ask)).toBe('A');
    expect(sut.find('b', oracle.ask)).toBeInstanceOf(Promise);
  });

  it('loses no fact to those who guess', async () => {
    await learn('a', 'A');
    for (let i = 0; i < 10; i++) await learn(`guess ${i}`, null);
    expect(sut.size).toBe(3);
    expect(sut.find('a', oracle.ask)).toBe('A');
    expect(sut.find('guess 9', oracle.ask)).toBeNull();
  });
});
