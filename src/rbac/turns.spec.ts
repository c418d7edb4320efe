import { setImmediate as nextTurn } from 'node:timers/promises';
import { Turns } from './turns';

describe('Turns', () => {
  const ends: (() => void)[] = [];
  let started = 0;
  const work = () => {
    started++;
    return new Promise<void>((end) => ends.push(end));
  };
  beforeEach(() => {
    ends.length = 0;
    started = 0;
  });

  it('lets so many go at a time, and the next when one has ended', async () => {
    const sut = new Turns(2, 10, () => new Error('full'));
    const all = [1, 2, 3, 4].map(() => sut.during(work));
    await nextTurn();
    expect(started).toBe(2);
    ends[0]?.();
    await nextTurn();
    expect(started).toBe(3);
    while (ends.length < 4 || started < 4) {
      for (const end of ends) end();
      await nextTurn();
    }
    for (const end of ends) end();
    await Promise.all(all);
  });

  it('refuses who finds too many waiting, and nobody else', async () => {
    const sut = new Turns(1, 1, () => new Error('full'));
    const both = [sut.during(work), sut.during(work)];
    await expect(sut.during(work)).rejects.toThrow('full');
    ends[0]?.();
    await nextTurn();
    ends[1]?.();
    await Promise.all(both);
  });

  it('passes the turn on where the work failed', async () => {
    const sut = new Turns(1, 1, () => new Error('full'));
    const failing = sut.during(() => Promise.reject(new Error('no')));
    const next = sut.during(() => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(await sut.during(() => Promise.resolve('again'))).toBe('again');
  });
});
