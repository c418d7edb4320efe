export {
  fullBucket,
  leaseFrom,
  leaseMs,
  msPerToken,
  msUntilNextToken,
  refill,
  returnTo,
  SPARE_FRACTION,
  turnMs,
  type BucketLimits,
  type BucketState,
  type Lease,
  type LeaseRequest,
} from './token-bucket';
export { LeaseStore } from './lease-store';
export { LeasedBuckets, type LeasedBucketsOptions, type Taken } from './leased-buckets';
export { RateLimitExceeded, type RateLimitExceededDetail } from './rate-limit-exceeded';
export { rateLimitFields } from './rate-limit-fields';
export { RateLimitGuard, type RateLimitClient } from './rate-limit.guard';
