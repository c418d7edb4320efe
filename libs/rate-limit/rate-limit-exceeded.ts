/** What a refused client is told. */
export interface RateLimitExceededDetail {
  /** The bucket's capacity, in requests. */
  readonly limit: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  /** Whole seconds, at least 1, after which one more request is admitted. */
  readonly retryAfterSeconds: number;
}

/** A client has no token left. A program turns it into an answer of its own with `RateLimitGuard.refusal`. */
export class RateLimitExceeded extends Error implements RateLimitExceededDetail {
  override readonly name = 'RateLimitExceeded';
  readonly limit: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  readonly retryAfterSeconds: number;

  constructor(detail: RateLimitExceededDetail) {
    super(`Rate limit exceeded; try again in ${detail.retryAfterSeconds} s`);
    this.limit = detail.limit;
    this.windowSeconds = detail.windowSeconds;
    this.remaining = detail.remaining;
    this.retryAfterSeconds = detail.retryAfterSeconds;
  }
}
