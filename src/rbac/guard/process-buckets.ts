import { type BucketLimits, type BucketState, fullBucket, leaseFrom } from '@mira/rate-limit';

export interface Charged {
  readonly admitted: boolean;
  readonly remaining: number;
  /** Whole seconds, at least 1, until there is one token more. */
  readonly nextTokenInSeconds: number;
}

/**
 * Token buckets of this process alone. What they protect is this process, so they need not be exact over all, and
 * nothing has to be asked for: a client that comes once a second would otherwise cost a transaction each time.
 */
export class ProcessBuckets {
  private readonly buckets = new Map<string, BucketState>();

  /** @param maxClients remembered at most; the one not seen for longest is forgotten, and has a full bucket again */
  constructor(
    private readonly maxClients: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  take(key: string, limits: BucketLimits): Charged {
    const now = this.now();
    const before = this.buckets.get(key) ?? fullBucket(limits, now);
    const { state, lease } = leaseFrom(before, limits, { needed: 1, spare: 0 }, now);
    // Taken out and put in again: the map's order is that of the last use.
    this.buckets.delete(key);
    this.makeRoom();
    this.buckets.set(key, state);
    return {
      admitted: lease.granted === 1,
      remaining: lease.remaining,
      nextTokenInSeconds: Math.max(1, Math.ceil(lease.nextTokenInMs / 1_000)),
    };
  }

  private makeRoom(): void {
    for (const oldest of this.buckets.keys()) {
      if (this.buckets.size < this.maxClients) return;
      this.buckets.delete(oldest);
    }
  }
}
