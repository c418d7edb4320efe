import { HttpException, Injectable } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { version } from '../../package.json';
import { MiraConfig } from '../config/mira.config';
import { MetricsService } from '../metrics/metrics.service';
import { DeliveryQueue } from '../webhook/delivery/queue/delivery.queue';
import { DeliveryWorker } from '../webhook/delivery/queue/delivery.worker';
import type { CheckView, HealthView, ReadyView } from './health.dto';
import { DatabaseWatch } from './database.watch';
import { Readiness } from './readiness';

const PROBE_TIMEOUT_MS = 1_000;
/** Many probes in one moment ask the database once. */
const PROBE_CACHE_MS = 500;
/** A due attempt that waits longer than this shows that the workers do not keep up. */
const SLOW_QUEUE_SECONDS = 300;
/** A worker looks for work twice a second; one that did not for this long stands still. */
const STILL_WORKER_MS = 30_000;
/** Less than a scrape waits for a gauge: that the database hangs is to be told, and not left out. */
const GAUGE_PATIENCE_MS = 800;

/** Asks the parts how they are. The database decides between healthy and not; the others can only be impaired. */
@Injectable()
export class HealthService {
  constructor(
    private readonly config: MiraConfig,
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly dataSource: DataSource,
    private readonly databaseWatch: DatabaseWatch,
    private readonly queue: DeliveryQueue,
    private readonly worker: DeliveryWorker,
    private readonly metrics: MetricsService,
    private readonly readiness: Readiness,
  ) {
    metrics.gauge(
      'mira_ready',
      'Whether this process wants requests: 1, or 0 while it starts, ends, or is without its database',
      () => Promise.race([this.isReady(), sleep(GAUGE_PATIENCE_MS, 0, { ref: false })]),
    );
  }

  async report(): Promise<HealthView> {
    const checks = await this.check();
    const states = Object.values(checks).map(({ status }) => status);
    const status =
      checks['database']?.status === 'down' ? 'unhealthy' : states.every((s) => s === 'up') ? 'healthy' : 'degraded';
    return {
      status,
      service: 'mira-webhook',
      uptime: UPTIME_OF[status],
      uptime_seconds: Math.floor(process.uptime()),
      version,
      metrics: this.metrics.snapshot(),
      checks,
    };
  }

  async ready(): Promise<ReadyView> {
    if (this.readiness.state !== 'ready') return { status: this.readiness.state };
    const { database } = await this.probeDatabase();
    return { status: database.status === 'up' ? 'ready' : 'database_away' };
  }

  private async isReady(): Promise<number> {
    return (await this.ready()).status === 'ready' ? 1 : 0;
  }

  private async check(): Promise<Record<string, CheckView>> {
    try {
      const { details } = await this.health.check([
        () => this.checkDatabase(),
        () => this.probeQueue(),
        () => this.probeWorker(),
      ]);
      return details;
    } catch (error) {
      // Terminus throws where a part is down; the details of all parts are inside.
      if (error instanceof HttpException) return detailsOf(error.getResponse());
      throw error;
    }
  }

  private async probeDatabase() {
    return this.indicators
      .check('database')
      .attempt(async () => {
        await this.dataSource.query('SELECT 1').catch(() => {
          throw new Error('the database does not answer');
        });
      })
      .withTimeout(PROBE_TIMEOUT_MS)
      .cacheFor(PROBE_CACHE_MS);
  }

  /** It answers, and all may not be well with it. */
  private async checkDatabase() {
    const result = await this.probeDatabase();
    const { complaint, clockAheadSeconds } = this.databaseWatch;
    if (result.database.status !== 'up') return result;
    const indicator = this.indicators.check('database');
    const data = { clock_ahead_seconds: clockAheadSeconds };
    return complaint === null ? indicator.up(data) : indicator.degraded({ ...data, message: complaint });
  }

  private async probeQueue() {
    const indicator = this.indicators.check('queue');
    const result = await indicator
      .attempt(async () => {
        const { due, oldestSeconds } = await this.queue.backlog().catch(() => {
          throw new Error('the queue cannot be asked');
        });
        return { due, oldest_seconds: Math.round(oldestSeconds) };
      })
      .withTimeout(PROBE_TIMEOUT_MS)
      .cacheFor(PROBE_CACHE_MS);
    const oldest: unknown = Reflect.get(result.queue, 'oldest_seconds');
    if (result.queue.status !== 'up' || typeof oldest !== 'number' || oldest <= SLOW_QUEUE_SECONDS) return result;
    return indicator.degraded({ oldest_seconds: oldest, message: 'attempts that are due wait long for a worker' });
  }

  private probeWorker() {
    const indicator = this.indicators.check('worker');
    if (this.config.role === 'api') return indicator.up({ message: 'deliveries are made by other processes' });
    const { running, idleMs, underWay } = this.worker.state;
    const data = { attempts_under_way: underWay };
    if (!running) return indicator.degraded({ ...data, message: 'the worker is not running' });
    if (idleMs > STILL_WORKER_MS) return indicator.degraded({ ...data, message: 'the worker stands still' });
    return indicator.up(data);
  }
}

const UPTIME_OF = { healthy: 'operational', degraded: 'degraded', unhealthy: 'down' } as const;

function detailsOf(response: unknown): Record<string, CheckView> {
  if (typeof response === 'object' && response !== null && 'details' in response) {
    return response.details as Record<string, CheckView>;
  }
  return {};
}
