import { Injectable } from '@nestjs/common';
import { bucketOf, LATENCY_BOUNDS } from './latency.buckets';

/** What was answered in some time; `latencies` by {@link LATENCY_BOUNDS}, and one more. */
export interface Tally {
  readonly successful: number;
  readonly failed: number;
  readonly latencies: readonly number[];
}

/** Counts webhooks that ran their course, until somebody takes the counts away to add them to what is kept. */
@Injectable()
export class ServiceTally {
  private successful = 0;
  private failed = 0;
  private latencies = emptyLatencies();

  count(hasFailed: boolean, seconds: number): void {
    if (hasFailed) this.failed++;
    else this.successful++;
    const bucket = bucketOf(seconds);
    this.latencies[bucket] = (this.latencies[bucket] ?? 0) + 1;
  }

  take(): Tally {
    const { successful, failed, latencies } = this;
    [this.successful, this.failed, this.latencies] = [0, 0, emptyLatencies()];
    return { successful, failed, latencies };
  }

  /** What was taken and could not be kept. */
  giveBack({ successful, failed, latencies }: Tally): void {
    this.successful += successful;
    this.failed += failed;
    this.latencies = this.latencies.map((count, at) => count + (latencies[at] ?? 0));
  }
}

function emptyLatencies(): number[] {
  return Array.from({ length: LATENCY_BOUNDS.length + 1 }, () => 0);
}
