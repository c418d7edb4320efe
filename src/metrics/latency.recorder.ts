import { Injectable } from '@nestjs/common';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** All but `count` in seconds; all 0 where nothing was recorded. Exact to three digits. */
export interface LatencyStats {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly min: number;
  readonly stdev: number;
}

const NS_PER_SECOND = 1e9;
/** An HDR histogram refuses what is above its ceiling, so longer durations are kept as this one. */
const LONGEST_NS = 3_600 * NS_PER_SECOND;

/**
 * Durations by name, for the figures in /metrics and /health. HDR histograms, so that a year of requests takes
 * the memory of the first one (about 300 kB a name, hence names are constants and never made from a request).
 */
@Injectable()
export class LatencyRecorder {
  private readonly histograms = new Map<string, RecordableHistogram>();

  /** Keeps one duration. What is no number is left out: measuring must never break what is measured. */
  record(name: string, seconds: number): void {
    if (Number.isNaN(seconds)) return;
    const nanoseconds = Math.round(seconds * NS_PER_SECOND);
    this.histogram(name).record(Math.min(Math.max(nanoseconds, 1), LONGEST_NS));
  }

  /** What was recorded under a name since the process started. */
  stats(name: string): LatencyStats {
    const histogram = this.histograms.get(name);
    if (!histogram || histogram.count === 0) {
      return { count: 0, mean: 0, median: 0, p95: 0, p99: 0, max: 0, min: 0, stdev: 0 };
    }
    return {
      count: histogram.count,
      mean: histogram.mean / NS_PER_SECOND,
      median: histogram.percentile(50) / NS_PER_SECOND,
      p95: histogram.percentile(95) / NS_PER_SECOND,
      p99: histogram.percentile(99) / NS_PER_SECOND,
      max: histogram.max / NS_PER_SECOND,
      min: histogram.min / NS_PER_SECOND,
      stdev: histogram.stddev / NS_PER_SECOND,
    };
  }

  private histogram(name: string): RecordableHistogram {
    const known = this.histograms.get(name);
    if (known) return known;
    const histogram = createHistogram({ lowest: 1, highest: LONGEST_NS, figures: 3 });
    this.histograms.set(name, histogram);
    return histogram;
  }
}
