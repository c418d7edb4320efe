import { BenchmarkRegistry } from '@mira/benchmark';
import { ServiceUnavailableException } from '@nestjs/common';
import { type HealthCheckService, type HealthIndicatorFunction, HealthIndicatorService } from '@nestjs/terminus';
import type { DataSource } from 'typeorm';
import { MiraConfig } from '../config/mira.config';
import { MetricsService } from '../metrics/metrics.service';
import type { DeliveryQueue } from '../webhook/delivery/queue/delivery.queue';
import type { DeliveryWorker } from '../webhook/delivery/queue/delivery.worker';
import type { DatabaseWatch } from './database.watch';
import { HealthService } from './health.service';
import { Readiness } from './readiness';

const away = () => Promise.reject(new Error('password of the database: s3cret'));

/** As Terminus does it: all are asked, and where one is down, what all said is thrown. */
const terminus: Pick<HealthCheckService, 'check'> = {
  check: async (indicators: HealthIndicatorFunction[]) => {
    const all = await Promise.all(indicators.map(async (one) => (typeof one === 'function' ? one() : one)));
    const details = Object.assign({}, ...all);
    if (Object.values<{ status: string }>(details).some(({ status }) => status === 'down')) {
      throw new ServiceUnavailableException({ status: 'error', details });
    }
    return { status: 'ok', details } as never;
  },
};

function aHealth({
  role = new MiraConfig().role,
  query = async (): Promise<unknown> => [],
  backlog = async () => ({ due: 0, oldestSeconds: 0 }),
  worker = { running: true, idleMs: 10, underWay: 3 },
  complaint = null as string | null,
} = {}) {
  const config = Object.assign(new MiraConfig(), { role });
  const readiness = new Readiness();
  const metrics = new MetricsService(config, new BenchmarkRegistry());
  const sut = new HealthService(
    config,
    terminus as HealthCheckService,
    new HealthIndicatorService(),
    { query } as unknown as DataSource,
    { complaint, clockAheadSeconds: 0.3 } as DatabaseWatch,
    { backlog } as unknown as DeliveryQueue,
    { state: worker } as unknown as DeliveryWorker,
    metrics,
    readiness,
  );
  return { sut, readiness, metrics };
}

describe('the health of a process', () => {
  it('is healthy where all parts are up', async () => {
    const { sut } = aHealth();
    expect(await sut.report()).toMatchObject({
      status: 'healthy',
      uptime: 'operational',
      service: 'mira-webhook',
      checks: { database: { status: 'up' }, queue: { status: 'up' }, worker: { status: 'up', attempts_under_way: 3 } },
    });
  });

  it('is unhealthy without the database, and tells nothing of why', async () => {
    const report = await aHealth({ query: away, backlog: away }).sut.report();
    expect(report).toMatchObject({ status: 'unhealthy', uptime: 'down', checks: { database: { status: 'down' } } });
    expect(JSON.stringify(report)).not.toContain('s3cret');
  });

  it.each([
    ['the queue cannot be asked', { backlog: away }, { queue: { status: 'down' } }],
    [
      'attempts wait for minutes',
      { backlog: async () => ({ due: 9, oldestSeconds: 300.6 }) },
      { queue: { status: 'degraded', oldest_seconds: 301 } },
    ],
    [
      'the worker does not run',
      { worker: { running: false, idleMs: 0, underWay: 0 } },
      { worker: { status: 'degraded', message: 'the worker is not running' } },
    ],
    [
      'the worker stands still',
      { worker: { running: true, idleMs: 30_001, underWay: 64 } },
      { worker: { status: 'degraded', attempts_under_way: 64 } },
    ],
    [
      'the database answers and something is wrong with it',
      { complaint: 'its disk is full' },
      { database: { status: 'degraded', message: 'its disk is full', clock_ahead_seconds: 0.3 } },
    ],
  ])('is degraded, and still serves, while %s', async (_case, parts, checks) => {
    expect(await aHealth(parts).sut.report()).toMatchObject({ status: 'degraded', uptime: 'degraded', checks });
  });

  it('is healthy with attempts that wait for a moment', async () => {
    const backlog = async () => ({ due: 9, oldestSeconds: 300 });
    expect((await aHealth({ backlog }).sut.report()).status).toBe('healthy');
  });

  it('misses no worker where others deliver', async () => {
    const worker = { running: false, idleMs: 99_999, underWay: 0 };
    expect(await aHealth({ role: 'api', worker }).sut.report()).toMatchObject({
      status: 'healthy',
      checks: { worker: { status: 'up', message: 'deliveries are made by other processes' } },
    });
  });

  it('asks the database once for many probes of one moment', async () => {
    let asked = 0;
    const { sut, readiness } = aHealth({ query: async () => ++asked });
    readiness.open();
    await Promise.all([sut.ready(), sut.ready(), sut.report()]);
    expect(asked).toBe(1);
  });
});

describe('whether a process wants requests', () => {
  it('is no while it starts, yes once it is open, and no when it ends, whatever the database does', async () => {
    const { sut, readiness } = aHealth();
    expect(await sut.ready()).toEqual({ status: 'starting' });
    readiness.open();
    expect(await sut.ready()).toEqual({ status: 'ready' });
    readiness.onModuleDestroy();
    expect(await sut.ready()).toEqual({ status: 'draining' });
  });

  it('is yes while something is wrong with a database that answers: there is nowhere else to go', async () => {
    const { sut, readiness } = aHealth({ complaint: 'its disk is full' });
    readiness.open();
    expect(await sut.ready()).toEqual({ status: 'ready' });
  });

  it('is no without the database', async () => {
    const { sut, readiness } = aHealth({ query: away });
    readiness.open();
    expect(await sut.ready()).toEqual({ status: 'database_away' });
  });

  it('is a gauge too, which is 0 and not missing where the database hangs', async () => {
    const { metrics, readiness } = aHealth();
    expect(await metrics.prometheusText()).toContain('\nmira_ready 0\n');
    readiness.open();
    expect(await metrics.prometheusText()).toContain('\nmira_ready 1\n');

    const hanging = aHealth({ query: () => new Promise(() => undefined) });
    hanging.readiness.open();
    expect(await hanging.metrics.prometheusText()).toContain('\nmira_ready 0\n');
  });
});
