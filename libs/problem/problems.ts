import { Problem, type FieldError } from './problem';

/** What a plan allows, what is used of it, and who would allow more: `needed_tier` is null where no tier does. */
export interface LimitReached {
  readonly limit: number;
  readonly used: number;
  readonly tier: string;
  readonly neededTier: string | null;
}

/** `tier`: the one that would allow more; null where none does. */
export interface QuotaExceeded {
  readonly limit: number;
  readonly used: number;
  readonly resetsAt: Date;
  readonly tier: string | null;
  readonly currentTier: string;
}

export interface FeatureNotInPlan {
  readonly feature: string;
  readonly tier: string;
  readonly neededTier: string | null;
}

/**
 * One function for each failure, which asks for exactly what its answer has to tell. Each returns a `Problem`
 * to throw: `throw problems.notFound('There is no such event.')`.
 */
export const problems = {
  badRequest: (detail?: string) => new Problem('bad-request', { detail }),

  malformedBody: (detail?: string) => new Problem('malformed-body', { detail }),

  validationFailed: (errors: readonly FieldError[]) => new Problem('validation-failed', { errors }),

  /** @param challenge the `WWW-Authenticate` header, which a 401 must carry (RFC 9110, section 15.5.2) */
  unauthorized: (detail?: string, challenge = 'Bearer realm="mira"') =>
    new Problem('unauthorized', { detail, headers: { 'WWW-Authenticate': challenge } }),

  forbidden: (detail?: string, members?: Readonly<Record<string, unknown>>) =>
    new Problem('forbidden', { detail, members }),

  invalidSignature: (detail?: string) => new Problem('invalid-signature', { detail }),

  featureNotInPlan: ({ feature, tier, neededTier }: FeatureNotInPlan) =>
    new Problem('feature-not-in-plan', { members: { feature, tier, needed_tier: neededTier } }),

  notFound: (detail?: string) => new Problem('not-found', { detail }),

  unknownService: () => new Problem('unknown-service'),

  methodNotAllowed: (allowed: readonly string[]) =>
    new Problem('method-not-allowed', { headers: { Allow: allowed.join(', ') } }),

  notAcceptable: (detail?: string) => new Problem('not-acceptable', { detail }),

  requestTimeout: (detail?: string) => new Problem('request-timeout', { detail }),

  conflict: (detail?: string, members?: Readonly<Record<string, unknown>>) =>
    new Problem('conflict', { detail, members }),

  /** @param members what would be taken away, e.g. counts, so that the one who confirms knows */
  confirmationRequired: (detail: string, members?: Readonly<Record<string, unknown>>) =>
    new Problem('confirmation-required', { detail, members }),

  preconditionFailed: (detail?: string) => new Problem('precondition-failed', { detail }),

  payloadTooLarge: (detail?: string) => new Problem('payload-too-large', { detail }),

  unsupportedMediaType: (detail?: string) => new Problem('unsupported-media-type', { detail }),

  /**
   * @param retryAfterSeconds when the client may come again; rounded up, at least 1
   * @param headers further headers, e.g. `RateLimit` and `RateLimit-Policy`
   */
  rateLimitExceeded: (retryAfterSeconds: number, headers: Readonly<Record<string, string>> = {}) => {
    const retry_after = wholeSeconds(retryAfterSeconds);
    return new Problem('rate-limit-exceeded', {
      members: { retry_after },
      headers: { ...headers, 'Retry-After': String(retry_after) },
    });
  },

  /** @param now for tests; `Retry-After` is the time from then until `resetsAt` */
  quotaExceeded: (
    { limit, used, resetsAt, tier, currentTier }: QuotaExceeded,
    headers: Readonly<Record<string, string>> = {},
    now = new Date(),
  ) =>
    new Problem('quota-exceeded', {
      members: { limit, used, resets_at: resetsAt.toISOString(), tier, needed_tier: tier, current_tier: currentTier },
      headers: { ...headers, 'Retry-After': String(wholeSeconds((resetsAt.getTime() - now.getTime()) / 1000)) },
    }),

  limitReached: ({ limit, used, tier, neededTier }: LimitReached, detail?: string) =>
    new Problem('limit-reached', { detail, members: { limit, used, tier, needed_tier: neededTier } }),

  /** For a system that somebody connected, and that does not answer, or not as it should. */
  upstreamFailed: (detail: string, members?: Readonly<Record<string, unknown>>) =>
    new Problem('upstream-failed', { detail, members }),

  /** @param retryAfterSeconds when to try again; rounded up, at least 1 */
  serviceUnavailable: (detail?: string, retryAfterSeconds = 5, cause?: unknown) =>
    new Problem('service-unavailable', {
      detail,
      headers: { 'Retry-After': String(wholeSeconds(retryAfterSeconds)) },
      cause,
    }),

  /** As `serviceUnavailable`, and the connection is closed: the next one may reach another process. */
  overloaded: (detail: string, retryAfterSeconds: number) =>
    new Problem('service-unavailable', {
      detail,
      headers: { 'Retry-After': String(wholeSeconds(retryAfterSeconds)), Connection: 'close' },
    }),

  expectationFailed: () => new Problem('expectation-failed'),

  loopDetected: () => new Problem('loop-detected'),

  /** Says nothing of the cause to the client; the log gets it. */
  internal: (cause?: unknown) => new Problem('internal', { cause }),
} as const;

/** `Retry-After` takes whole seconds, and 0 would invite a client to hammer. */
function wholeSeconds(seconds: number): number {
  return Math.max(1, Math.ceil(seconds));
}
