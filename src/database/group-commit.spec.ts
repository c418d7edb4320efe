import { GroupCommit, type GroupCommitOptions, GroupCommitOverloadError } from './group-commit';

const turn = () => new Promise((resume) => setImmediate(resume));

function aGroupCommit(options: Partial<GroupCommitOptions<number, number>> = {}) {
  const groups: number[][] = [];
  const gates: (() => void)[] = [];
  const sut = new GroupCommit<number, number>({
    commit: async (items) => {
      groups.push([...items]);
      await new Promise<void>((open) => gates.push(open));
      return items.map((item) => item * 10);
    },
    maxGroup: 100,
    weightOf: (item) => item,
    maxGroupBytes: 1_000,
    maxConcurrent: 1,
    maxWaitMs: 60_000,
    maxWaiting: 1_000,
    maxWaitingBytes: 10_000,
    isRowFault: () => false,
    ...options,
  });
  return { sut, groups, open: () => gates.shift()?.() };
}

describe('GroupCommit', () => {
  it('commits what arrives in one turn together, and gives each its own result', async () => {
    const { sut, groups, open } = aGroupCommit();
    const results = Promise.all([sut.submit(1), sut.submit(2), sut.submit(3)]);
    await turn();
    open();
    expect(await results).toEqual([10, 20, 30]);
    expect(groups).toEqual([[1, 2, 3]]);
  });

  it('gathers into the next group what arrives while one is on its way', async () => {
    const { sut, groups, open } = aGroupCommit();
    const first = sut.submit(1);
    await turn();
    const rest = [sut.submit(2), sut.submit(3)];
    await turn();
    expect(groups).toEqual([[1]]);
    open();
    await first;
    await turn();
    open();
    expect(await Promise.all(rest)).toEqual([20, 30]);
    expect(groups).toEqual([[1], [2, 3]]);
  });

  it('begins a transaction beside another only where that is worth it', async () => {
    const { sut, groups, open } = aGroupCommit({ maxConcurrent: 2, besideFrom: 3, maxGroupBytes: 50 });
    const all = [sut.submit(1)];
    await turn();
    all.push(sut.submit(2), sut.submit(3));
    await turn();
    expect(groups).toEqual([[1]]);
    all.push(sut.submit(4));
    await turn();
    expect(groups).toEqual([[1], [2, 3, 4]]);
    // No third one, however many there are.
    all.push(...[5, 6, 7, 8].map((item) => sut.submit(item)));
    await turn();
    expect(groups).toHaveLength(2);
    open();
    await all[0];
    await turn();
    expect(groups.at(-1)).toEqual([5, 6, 7, 8]);
    open();
    await all[3];
    // A large body is worth it alone.
    all.push(sut.submit(60));
    await turn();
    expect(groups.at(-1)).toEqual([60]);
    open();
    open();
    await Promise.all(all);
  });

  it('keeps to the size of a group', async () => {
    const { sut, groups, open } = aGroupCommit({ maxGroup: 2 });
    const all = Promise.all([1, 2, 3].map((item) => sut.submit(item)));
    await turn();
    open();
    await turn();
    open();
    await all;
    expect(groups).toEqual([[1, 2], [3]]);
  });

  it('keeps to the bytes of a group, but for an item that has more by itself', async () => {
    const { sut, groups, open } = aGroupCommit({ maxGroupBytes: 10 });
    const all = Promise.all([6, 4, 1, 50, 2].map((item) => sut.submit(item)));
    for (let i = 0; i < 4; i++) {
      await turn();
      open();
    }
    await all;
    expect(groups).toEqual([[6, 4], [1], [50], [2]]);
  });

  it('refuses at once what would wait with too many bytes, and takes them again when there is room', async () => {
    const { sut, open } = aGroupCommit({ maxWaitingBytes: 10 });
    const taken = sut.submit(8);
    await expect(sut.submit(3)).rejects.toBeInstanceOf(GroupCommitOverloadError);
    await turn();
    const next = sut.submit(10);
    open();
    await taken;
    await turn();
    open();
    expect(await next).toBe(100);
  });

  it('fails only the item that the database refuses', async () => {
    const refused = new Error('invalid byte sequence');
    const { sut } = aGroupCommit({
      commit: async (items) => {
        if (items.includes(13)) throw refused;
        return [...items];
      },
      isRowFault: (error) => error === refused,
    });
    const results = await Promise.allSettled([11, 12, 13, 14, 15].map((item) => sut.submit(item)));
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  it('keeps the turn of a group until all that it was split into has ended', async () => {
    const log: string[] = [];
    let before: Promise<unknown> = Promise.resolve();
    const { sut } = aGroupCommit({
      maxGroup: 2,
      maxConcurrent: 2,
      commit: async (items) => {
        log.push(items.join());
        await turn();
        return items.includes(2) ? Promise.reject(new Error('bad row')) : [...items];
      },
      inTurn: (_items, work) => (before = before.then(work)) as Promise<void>,
      isRowFault: () => true,
    });
    await Promise.allSettled([1, 2, 3].map((item) => sut.submit(item)));
    expect(log).toEqual(['1,2', '1', '2', '3']);
  });

  it('fails the whole group when the database itself is at fault, without trying each', async () => {
    let calls = 0;
    const { sut } = aGroupCommit({
      commit: () => {
        calls++;
        return Promise.reject(new Error('connection refused'));
      },
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => sut.submit(item)));
    expect(results.every((r) => r.status === 'rejected')).toBe(true);
    expect(calls).toBe(1);
  });

  it('goes on after a failed group', async () => {
    let fails = true;
    const { sut } = aGroupCommit({ commit: async (items) => (fails ? Promise.reject(new Error('away')) : [...items]) });
    await expect(sut.submit(1)).rejects.toThrow('away');
    fails = false;
    expect(await sut.submit(2)).toBe(2);
  });

  it('has those alone share a transaction that may, the first to come first', async () => {
    const { sut, groups, open } = aGroupCommit({ sharedBy: (item) => (item % 2 === 0 ? 'even' : 'odd') });
    const results = Promise.all([1, 2, 4, 3, 5].map((item) => sut.submit(item)));
    await turn();
    open();
    await turn();
    await turn();
    open();
    expect(await results).toEqual([10, 20, 40, 30, 50]);
    expect(groups).toEqual([
      [1, 3, 5],
      [2, 4],
    ]);
  });

  it('refuses at once what would wait behind too many', async () => {
    const { sut, open } = aGroupCommit({ maxWaiting: 2 });
    const taken = [sut.submit(1), sut.submit(2)];
    await expect(sut.submit(3)).rejects.toBeInstanceOf(GroupCommitOverloadError);
    await turn();
    open();
    await Promise.all(taken);
  });

  it('refuses what waited too long, without sending it', async () => {
    const { sut, groups, open } = aGroupCommit({ maxWaitMs: 0 });
    await expect(sut.submit(1)).rejects.toBeInstanceOf(GroupCommitOverloadError);
    expect(groups).toEqual([]);
    open();
  });

  it('tells when everything is committed', async () => {
    const { sut, open } = aGroupCommit();
    let drained = false;
    const result = sut.submit(1);
    const wait = sut.drained().then(() => (drained = true));
    await turn();
    expect(drained).toBe(false);
    open();
    await Promise.all([result, wait]);
    expect(drained).toBe(true);
    await sut.drained();
  });
});
