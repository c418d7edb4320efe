import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tier } from '../../../tenant/tenant.entity';
import { ATTEMPTS_PER_JOB } from './claimed-job';
import { DeliveryPlaces } from './delivery.places';

/** Work that ends when it is told to. */
class Work {
  started = false;
  private finish: () => void = () => undefined;

  readonly run = async (): Promise<void> => {
    this.started = true;
    await new Promise<void>((resolve) => (this.finish = resolve));
  };

  end(): void {
    this.finish();
  }
}

function fill(sut: DeliveryPlaces, tenantId: string, count: number, tier: Tier = 'basic'): Work[] {
  return Array.from({ length: count }, () => {
    const work = new Work();
    void sut.during(tenantId, tier, work.run);
    return work;
  });
}

describe('DeliveryPlaces', () => {
  it('has room for full jobs in the share of one tenant, while it is empty', () => {
    const { jobs, without } = new DeliveryPlaces(64).claimable();
    expect(jobs * ATTEMPTS_PER_JOB).toBe(48);
    expect(without).toEqual([]);
  });

  it('takes nothing while no place is free', () => {
    const sut = new DeliveryPlaces(8);
    fill(sut, 'a', 4);
    fill(sut, 'b', 4);
    expect(sut.claimable()).toEqual({ jobs: 0, without: [], otherwise: null });
  });

  it('leaves out a tenant that another job could take beyond its share, and nobody else', () => {
    const sut = new DeliveryPlaces(64);
    fill(sut, 'busy', 41);
    fill(sut, 'calm', 3);
    expect(sut.claimable()).toEqual({ jobs: 3, without: ['busy'], otherwise: null });
  });

  it('leaves out first whoever has its part by its tier, and lets it go on where nobody else needs it', () => {
    const sut = new DeliveryPlaces(70);
    fill(sut, 'small', 10, 'basic');
    fill(sut, 'middle', 10, 'professional');
    fill(sut, 'large', 10, 'enterprise');
    // Their parts are 10, 20 and 40.
    const { without, otherwise } = sut.claimable();
    expect(without).toEqual(['small']);
    expect(otherwise?.without).toEqual([]);
    fill(sut, 'middle', 4, 'professional');
    expect(sut.claimable().without).toEqual(['small', 'middle']);
  });

  it('starves nobody: who has nothing under way is never left out', () => {
    const sut = new DeliveryPlaces(64);
    fill(sut, 'a', 20, 'enterprise');
    fill(sut, 'b', 20, 'enterprise');
    expect(sut.claimable().without).not.toContain('c');
    expect(sut.claimable().jobs).toBeGreaterThan(0);
  });

  it('never lets one tenant fill more than its share, however many jobs it is given', async () => {
    const sut = new DeliveryPlaces(64);
    for (;;) {
      const { jobs, without } = sut.claimable();
      if (jobs === 0 || without.includes('busy')) break;
      fill(sut, 'busy', jobs * ATTEMPTS_PER_JOB);
    }
    await nextTurn();
    expect(sut.inUse).toBeLessThanOrEqual(48);
    expect(sut.inUse).toBeGreaterThan(40);
  });

  it('keeps to a smaller number where it is asked to', () => {
    expect(new DeliveryPlaces(64).claimable(16).jobs * ATTEMPTS_PER_JOB).toBe(16);
  });

  it('makes progress with a single place: one job at a time, its attempts one after the other', async () => {
    const sut = new DeliveryPlaces(1);
    expect(sut.claimable().jobs).toBe(1);
    const [first, second, third] = fill(sut, 'a', 3);
    await nextTurn();
    expect([first?.started, second?.started, third?.started]).toEqual([true, false, false]);
    expect(sut.claimable().jobs).toBe(0);
    first?.end();
    await nextTurn();
    expect([second?.started, third?.started]).toEqual([true, false]);
  });

  it('has its places and shares back when the work has ended, also where it failed', async () => {
    const sut = new DeliveryPlaces(2);
    await expect(sut.during('a', 'basic', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const works = fill(sut, 'a', 2);
    await nextTurn();
    for (const work of works) work.end();
    await nextTurn();
    expect(sut.inUse).toBe(0);
    expect(sut.claimable().without).toEqual([]);
  });
});
