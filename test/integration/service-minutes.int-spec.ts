import { bucketOf, LATENCY_BOUNDS } from '../../src/metrics/latency.buckets';
import { ServiceMinutes } from '../../src/sla/service-minutes';
import { describeOnEachDatabase } from '../support/databases';

function aTally(successful: number, failed: number, seconds: number) {
  const latencies = Array.from({ length: LATENCY_BOUNDS.length + 1 }, () => 0);
  latencies[bucketOf(seconds)] = successful + failed;
  return { successful, failed, latencies };
}

describeOnEachDatabase('service minutes', (database) => {
  let sut: ServiceMinutes;
  beforeAll(() => (sut = new ServiceMinutes(database().dataSource)));
  beforeEach(() => database().dataSource.query('DELETE FROM service_minutes'));

  /** As if so many minutes had passed since. */
  const age = (minutes: number) =>
    database().dataSource.query('UPDATE service_minutes SET minute = minute - make_interval(mins => $1)', [minutes]);

  it('are nothing before there is one', async () => {
    expect(await sut.sum(60)).toMatchObject({ from: null, minutes: 0, available: 0, successful: 0, failed: 0 });
  });

  it('add up what several processes counted in one minute, and leave out the one that runs', async () => {
    await sut.add(aTally(3, 1, 0.01));
    await sut.add(aTally(4, 0, 0.5));
    expect((await sut.sum(60)).successful).toBe(0);
    await age(1);
    const sum = await sut.sum(60);
    expect(sum).toMatchObject({ minutes: 1, successful: 7, failed: 1, available: 7 / 8 });
    expect([sum.latencies[bucketOf(0.01)], sum.latencies[bucketOf(0.5)]]).toEqual([4, 4]);
  });

  it('take minutes without a row for minutes in which nobody was there', async () => {
    await sut.add(aTally(1, 0, 0.01));
    await age(7);
    await sut.add(aTally(0, 0, 0));
    await age(3);
    expect(await sut.sum(60)).toMatchObject({ minutes: 10, available: 2, successful: 1 });
  });

  it('count a window no longer than it is', async () => {
    await sut.add(aTally(5, 0, 0.01));
    await age(90);
    await sut.add(aTally(1, 0, 0.01));
    await age(1);
    expect(await sut.sum(60)).toMatchObject({ minutes: 60, available: 1, successful: 1 });
    expect(await sut.sum(1_440)).toMatchObject({ minutes: 91, available: 2, successful: 6 });
  });

  it('are forgotten after their days', async () => {
    await sut.add(aTally(1, 0, 0.01));
    await age(1_440 * 3);
    await sut.add(aTally(1, 0, 0.01));
    expect([await sut.forgetBefore(2), await sut.forgetBefore(2)]).toEqual([1, 0]);
  });
});
