import { LeaseStore } from '../lease-store';
import {
  fullBucket,
  leaseFrom,
  returnTo,
  type BucketLimits,
  type BucketState,
  type Lease,
  type LeaseRequest,
} from '../token-bucket';

/**
 * The shared store of the specs: the buckets of several "processes" in one map, under a clock that the spec turns.
 * Its answers come when `answer` says, at once if nothing else is given.
 */
export class InMemoryLeaseStore extends LeaseStore {
  readonly buckets = new Map<string, BucketState>();
  readonly leases: { key: string; request: LeaseRequest; lease: Lease }[] = [];
  readonly returned: { key: string; tokens: number }[] = [];
  /** Thrown by every call while set. */
  failure: Error | undefined;

  constructor(
    private readonly now: () => number,
    private readonly answer: () => Promise<void> = () => Promise.resolve(),
  ) {
    super();
  }

  async lease(key: string, limits: BucketLimits, request: LeaseRequest): Promise<Lease> {
    await this.answer();
    if (this.failure) throw this.failure;
    const before = this.buckets.get(key) ?? fullBucket(limits, this.now());
    const { state, lease } = leaseFrom(before, limits, request, this.now());
    this.buckets.set(key, state);
    this.leases.push({ key, request, lease });
    await this.answer();
    return lease;
  }

  async giveBack(key: string, tokens: number): Promise<void> {
    await this.answer();
    if (this.failure) throw this.failure;
    const state = this.buckets.get(key);
    if (state) this.buckets.set(key, returnTo(state, tokens));
    this.returned.push({ key, tokens });
  }
}
