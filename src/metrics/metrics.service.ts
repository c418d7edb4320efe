import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { MiraConfig } from '../config/mira.config';
import { AdmissionWindow } from './admission.window';
import { LatencyRecorder, type LatencyStats } from './latency.recorder';
import { RequestCounters, type RequestTotals } from './request.counters';
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
  readonly latency: Pick<LatencyStats, 'count' | 'mean' | 'median' | 'p95' | 'p99' | 'max'>;
}

/** The name under which the recorder knows how long receiving takes. */
export const WEBHOOK_PROCESSING = 'webhook_processing';

/** Dense around what is promised: a mean under 50 ms, p95 under 100 ms, p99 under 150 ms. */
const WEBHOOK_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5];

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

  private readonly duration = new Histogram({
    name: 'mira_webhook_duration_seconds',
    help: 'Time from the arrival of a webhook to its durable answer, without refused ones',
    buckets: WEBHOOK_BUCKETS_SECONDS,
    registers: [this.registry],
  });

  constructor(
    private readonly config: MiraConfig,
    private readonly latency: LatencyRecorder,
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
    this.latency.record(WEBHOOK_PROCESSING, durationSeconds);
    this.duration.observe(durationSeconds);
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
    const { count, mean, median, p95, p99, max } = this.latency.stats(WEBHOOK_PROCESSING);
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
  prometheusText(): Promise<string> {
    return this.registry.metrics();
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
