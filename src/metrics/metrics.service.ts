import { BenchmarkRegistry, type BenchmarkStats } from '@mira/benchmark';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { MiraConfig } from '../config/mira.config';
import { AdmissionWindow } from './admission.window';
import { benchmarkText } from './benchmark.text';
import { RequestCounters, type RequestTotals } from './request.counters';
import { ServiceTally } from './service.tally';
import type { WebhookOutcome } from './webhook-outcome';

/** The JSON of /metrics, and the `metrics` of /health. Durations in seconds. */
export interface MetricsSnapshot extends RequestTotals {
  /**
   * `current_count` is what this process let past the limit in the running window, over all clients;
   * `max_requests` is what one client may send in a window, over all processes.
   */
  readonly rate_limit: {
    readonly current_count: number;
    readonly max_requests: number;
    readonly remaining: number;
    readonly window_seconds: number;
  };
  readonly latency: Pick<BenchmarkStats, 'count' | 'mean' | 'median' | 'p95' | 'p99' | 'max'>;
}

/** From the arrival of a webhook to its answer. */
export const WEBHOOK_PROCESSING = 'webhook_processing';

const NOTHING = { count: 0, mean: 0, median: 0, p95: 0, p99: 0, max: 0 };

/** A gauge that asks the database must not hold up a scrape when the database hangs. */
const COLLECT_TIMEOUT_MS = 1_000;

/** Outcomes that lie behind the rate limiter: a token was spent on them. */
const ADMITTED: ReadonlySet<WebhookOutcome> = new Set(['accepted', 'answered', 'quota_exceeded', 'failed']);

/** Outcomes of requests that ran their whole course. Quick refusals would flatter the latency of receiving. */
const PROCESSED: ReadonlySet<WebhookOutcome> = new Set(['accepted', 'answered', 'failed']);

/** What each name must look like: one prefix for all of Mira's, a unit or `_total` at the end by convention. */
const METRIC_NAME = /^mira_[a-z0-9_]+$/;
/** Labels of which there are as many as there are customers, or which name one. */
const FORBIDDEN_LABEL = /(^|_)(tenant|key|id|user|client|endpoint|token|address)(_|$)/;

/**
 * What this process has counted and timed. Receiving tells it each answer; features hang their own gauges and
 * counters in, so that it need not know them. Each process reports itself; Prometheus adds the processes up.
 */
@Injectable()
export class MetricsService implements OnModuleInit {
  private readonly logger = new Logger(MetricsService.name);
  /** Not prom-client's global one: two apps in one process (as in tests) must not count together. */
  private readonly registry = new Registry();
  private readonly counters = new RequestCounters();
  private readonly admissions: AdmissionWindow;

  private readonly requests = this.counter('mira_webhook_requests_total', 'Requests to the receiving routes', [
    'outcome',
    'status',
  ]);

  constructor(
    private readonly config: MiraConfig,
    private readonly benchmarks: BenchmarkRegistry,
    private readonly tally: ServiceTally = new ServiceTally(),
  ) {
    this.admissions = new AdmissionWindow(config.webhook.rate_limit.window_seconds);
  }

  /** Not in the constructor: this starts watching the event loop and the garbage collector. */
  onModuleInit(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts one answer of a receiving route. `outcomeOf()` tells the outcome from status and problem. */
  webhookAnswered(status: number, outcome: WebhookOutcome, durationSeconds: number): void {
    this.counters.count(outcome);
    this.requests.inc({ outcome, status });
    if (ADMITTED.has(outcome)) this.admissions.admit();
    if (!PROCESSED.has(outcome) || !Number.isFinite(durationSeconds)) return;
    this.benchmarks.record(WEBHOOK_PROCESSING, durationSeconds);
    this.tally.count(outcome === 'failed', durationSeconds);
  }

  /**
   * Adds a gauge that is read at each scrape. Where `collect` fails or takes more than a second, the scrape goes
   * without it: no sample is more honest than an old one.
   *
   * @param name `mira_…`, with its unit
   */
  gauge(name: string, help: string, collect: () => number | Promise<number>): void {
    checkNames(name, []);
    const sample = async (gauge: Gauge): Promise<void> => {
      try {
        gauge.set(await withinTime(collect));
      } catch (error) {
        gauge.remove();
        this.logger.warn({ msg: 'a gauge could not be read', metric: name, reason: String(error) });
      }
    };
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        return sample(this);
      },
    });
  }

  /**
   * Adds a counter that its owner increments.
   *
   * @param name `mira_…_total`
   * @param labelNames of few values each; nothing that names a tenant, a key or an id
   */
  counter<T extends string = never>(name: string, help: string, labelNames: readonly T[] = []): Counter<T> {
    checkNames(name, labelNames);
    if (!name.endsWith('_total')) throw new Error(`The counter ${name} must end in _total`);
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  snapshot(): MetricsSnapshot {
    const { max_requests, window_seconds } = this.config.webhook.rate_limit;
    const current_count = this.admissions.count();
    const { count, mean, median, p95, p99, max } = this.benchmarks.getStats(WEBHOOK_PROCESSING) ?? NOTHING;
    return {
      ...this.counters.totals(),
      rate_limit: {
        current_count,
        max_requests,
        remaining: Math.max(0, max_requests - current_count),
        window_seconds,
      },
      latency: {
        count,
        mean: toMicroseconds(mean),
        median: toMicroseconds(median),
        p95: toMicroseconds(p95),
        p99: toMicroseconds(p99),
        max: toMicroseconds(max),
      },
    };
  }

  /** All metrics in Prometheus' text format, version 0.0.4. */
  async prometheusText(): Promise<string> {
    return (await this.registry.metrics()) + benchmarkText(this.benchmarks);
  }
}

function checkNames(name: string, labelNames: readonly string[]): void {
  if (!METRIC_NAME.test(name)) throw new Error(`The metric ${name} must be named mira_… in lower case`);
  const forbidden = labelNames.find((label) => FORBIDDEN_LABEL.test(label));
  if (forbidden) throw new Error(`The metric ${name} must not have the label ${forbidden}`);
}

async function withinTime(collect: () => number | Promise<number>): Promise<number> {
  const timer = new AbortController();
  const late = sleep(COLLECT_TIMEOUT_MS, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${COLLECT_TIMEOUT_MS} ms`);
  });
  try {
    return await Promise.race([collect(), late]);
  } finally {
    late.catch(() => {});
    timer.abort();
  }
}

/** Seconds, to the microsecond: the digits below are noise. */
function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
