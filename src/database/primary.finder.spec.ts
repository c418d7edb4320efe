import { NoPrimaryError, PrimaryFinder, type ProbedServer } from './primary.finder';

type State = Partial<ProbedServer> | Error | 'silent';

/** Servers by their names, which can be changed on the way; counts how often each was asked. */
function aFinder(states: Record<string, State>) {
  const asked: string[] = [];
  const probe = async (name: string): Promise<ProbedServer> => {
    asked.push(name);
    const state = states[name];
    if (state === 'silent') return new Promise(() => undefined);
    if (state instanceof Error) throw state;
    return { host: name, port: 5432, isWritable: true, timeline: '00000001', ...state };
  };
  return { sut: new PrimaryFinder(Object.keys(states), probe), states, asked };
}

const standby = { isWritable: false, timeline: null };
const at = (host: string) => ({ host, port: 5432 });

describe('the finder of the primary', () => {
  it('passes over standbys and over who does not answer', async () => {
    const { sut } = aFinder({ a: standby, b: new Error('away'), c: {} });
    expect(await sut.find()).toEqual(at('c'));
  });

  it('waits for nobody who is silent once it has found one', async () => {
    expect(await aFinder({ a: 'silent', b: {} }).sut.find()).toEqual(at('b'));
  });

  it('takes the first of two that take writes, and the later one after a failover', async () => {
    expect(await aFinder({ a: {}, b: {} }).sut.find()).toEqual(at('a'));
    expect(await aFinder({ a: { timeline: '0000000F' }, b: { timeline: '00000010' } }).sut.find()).toEqual(at('b'));
  });

  it('asks once for all who ask at a time, and not again while nobody doubts', async () => {
    const { sut, asked } = aFinder({ a: {}, b: standby });
    await Promise.all([sut.find(), sut.find()]);
    await sut.find();
    expect(asked).toEqual(['a', 'b']);
  });

  it('looks again after a doubt, unless it is about one of the past', async () => {
    const { sut, states, asked } = aFinder({ a: {}, b: standby });
    await sut.find();
    Object.assign(states, { a: new Error('away'), b: {} });
    sut.doubt(at('b'));
    expect(await sut.find()).toEqual(at('a'));
    sut.doubt(at('a'));
    expect(await sut.find()).toEqual(at('b'));
    expect(asked).toHaveLength(4);
  });

  it('never looks again for a single one, which is where it is', async () => {
    const { sut, asked } = aFinder({ a: {} });
    await sut.find();
    sut.doubt(at('a'));
    await sut.find();
    expect(asked).toEqual(['a']);
  });

  it('says that there are only standbys, or else what kept the first from answering, and looks again', async () => {
    const { sut, states } = aFinder({ a: standby, b: new Error('away') });
    await expect(sut.find()).rejects.toBeInstanceOf(NoPrimaryError);
    Object.assign(states, { a: new Error('away too') });
    await expect(sut.find()).rejects.toThrow('away');
    Object.assign(states, { b: {} });
    expect(await sut.find()).toEqual(at('b'));
  });
});
