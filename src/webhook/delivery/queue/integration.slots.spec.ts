import { setImmediate as nextTurn } from 'node:timers/promises';
import { FIRST_LIMIT } from './integration.limit';
import { IntegrationSlots, type Slot } from './integration.slots';

async function takeAll(sut: IntegrationSlots, count: number): Promise<(Slot | null)[]> {
  const slots: (Slot | null)[] = [];
  for (let n = 0; n < count; n++) slots.push(await sut.take('t', 'i'));
  return slots;
}

describe('the slots of an integration', () => {
  it('are as many as its limit; who finds none waits, and comes first when one falls free', async () => {
    const sut = new IntegrationSlots(64, 10_000);
    const [first] = await takeAll(sut, FIRST_LIMIT);
    const order: string[] = [];
    const waiting = ['a', 'b'].map((name) => sut.take('t', 'i').then(() => order.push(name)));
    await nextTurn();
    expect([sut.taken, sut.waiting, sut.waitingOf('t'), sut.crowded(2), sut.crowded(3)]).toEqual([4, 2, 2, ['t'], []]);
    first?.giveBack('r', null, 1);
    await waiting[0];
    expect([order, sut.taken, sut.waiting]).toEqual([['a'], 4, 1]);
    sut.sendAway('i');
    await Promise.all(waiting);
    expect([sut.waiting, sut.crowded(1)]).toEqual([0, []]);
  });

  it('are not there for who waited too long', async () => {
    const sut = new IntegrationSlots(64, 1);
    await takeAll(sut, FIRST_LIMIT);
    expect(await sut.take('t', 'i')).toBeNull();
    expect(sut.waitingOf('t')).toBe(0);
  });

  it('of one are not those of another', async () => {
    const sut = new IntegrationSlots(64, 10_000);
    await takeAll(sut, FIRST_LIMIT);
    expect(await sut.take('t', 'another')).not.toBeNull();
    const waiting = sut.take('t', 'i');
    sut.sendAway('another');
    expect(sut.waiting).toBe(1);
    sut.sendAway();
    expect(await waiting).toBeNull();
  });

  it('let in more at once where the limit grew', async () => {
    const sut = new IntegrationSlots(64, 10_000);
    const slots = await takeAll(sut, FIRST_LIMIT);
    const waiting = Array.from({ length: 5 }, () => sut.take('t', 'i'));
    for (const slot of slots) slot?.giveBack('r', 'well', 10);
    await Promise.all(waiting);
    expect([sut.taken, sut.allowed]).toEqual([5, 5]);
  });
});
