import { ShortCache } from './short-cache';

/** A database that answers when it is told to, and counts how often it was asked. */
class SlowDatabase {
  readonly pending: { key: string; answer: (value: string) => void; fail: (error: Error) => void }[] = [];

  lookUp(key: string): () => Promise<string> {
    return () => new Promise((answer, fail) => void this.pending.push({ key, answer, fail }));
  }
}

describe('a short cache', () => {
  let now: number;
  let database: SlowDatabase;
  let sut: ShortCache<string>;

  beforeEach(() => {
    now = 1_000;
    database = new SlowDatabase();
    sut = new ShortCache({ ttlMs: 100, maxEntries: 3, now: () => now });
  });

  const ask = (key: string) => sut.get(key, database.lookUp(key));

  async function know(key: string, value: string): Promise<void> {
    const answer = ask(key);
    database.pending.at(-1)?.answer(value);
    await answer;
  }

  it('asks once for all who come while the question is open', async () => {
    const answers = Promise.all([ask('a'), ask('a'), ask('a')]);
    expect(database.pending).toHaveLength(1);
    database.pending[0]?.answer('one');
    expect(await answers).toEqual(['one', 'one', 'one']);
  });

  it('keeps an answer for its time, counted from the question', async () => {
    const answer = ask('a');
    now += 60;
    database.pending[0]?.answer('one');
    await answer;

    now += 39;
    expect(await ask('a')).toBe('one');
    now += 1;
    void ask('a');
    expect(database.pending).toHaveLength(2);
  });

  it('does not wait with a question that hangs for longer than an answer is good for', async () => {
    const first = ask('a');
    now += 100;
    const second = ask('a');
    expect(database.pending).toHaveLength(2);
    database.pending[1]?.answer('new');
    expect(await second).toBe('new');
    database.pending[0]?.fail(new Error('timed out'));
    await expect(first).rejects.toThrow('timed out');
    expect(await ask('a')).toBe('new');
  });

  it('passes an error on to all who wait, and asks again for the next', async () => {
    const answers = Promise.allSettled([ask('a'), ask('a')]);
    database.pending[0]?.fail(new Error('away'));
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);

    await know('a', 'back');
    expect(await ask('a')).toBe('back');
    expect(database.pending).toHaveLength(2);
  });

  it('asks again for what was forgotten', async () => {
    await know('a', 'one');
    sut.forget('a');
    await know('a', 'two');
    expect(await ask('a')).toBe('two');
  });

  it('does not keep the answer to a question that was asked before the forgetting', async () => {
    const before = ask('a');
    sut.forget('a');
    const after = ask('a');
    expect(database.pending).toHaveLength(2);
    database.pending[1]?.answer('new');
    database.pending[0]?.answer('old');

    expect(await before).toBe('old');
    expect(await after).toBe('new');
    expect(await ask('a')).toBe('new');
  });

  it('is not emptied by the error of a question that was forgotten', async () => {
    const before = ask('a').catch(() => 'failed');
    sut.forget('a');
    await know('a', 'new');
    database.pending[0]?.fail(new Error('away'));
    expect(await before).toBe('failed');
    expect(await ask('a')).toBe('new');
    expect(database.pending).toHaveLength(2);
  });

  it('holds no more than its share of memory, and lets the oldest go', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await know(key, key);
    expect(sut.size).toBe(3);
    expect(await ask('d')).toBe('d');
    expect(await ask('b')).toBe('b');
    expect(database.pending).toHaveLength(4);
    void ask('a');
    expect(database.pending).toHaveLength(5);
  });
});
