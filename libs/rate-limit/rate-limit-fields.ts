import type { BucketLimits } from './token-bucket';

/**
 * The fields of an answer that tell a client its limits: `RateLimit-Policy` and `RateLimit` of the IETF's
 * draft-ietf-httpapi-ratelimit-headers.
 *
 * @param left tokens left, and whole seconds until there is one more
 */
export function rateLimitFields(
  policyName: string,
  { capacity, windowSeconds }: BucketLimits,
  left: { readonly remaining: number; readonly seconds: number },
): readonly (readonly [name: string, value: string])[] {
  return [
    ['RateLimit-Policy', `"${policyName}";q=${capacity};w=${windowSeconds}`],
    ['RateLimit', `"${policyName}";r=${left.remaining};t=${left.seconds}`],
  ];
}
