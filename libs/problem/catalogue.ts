/**
 * One kind of failure as a client sees it. `title` and `status` never change for a code; `detail` is what is
 * said where the one who throws has nothing better to say; `error` is a fixed member that clients look for.
 */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly error?: string;
}

/**
 * Every failure that can be answered, by its code. The code is public: it ends the `type` of the answer, so a
 * line may be added here, but none renamed.
 */
export const CATALOGUE = {
  'bad-request': { status: 400, title: 'Bad request', detail: 'The request cannot be understood.' },
  'malformed-body': {
    status: 400,
    title: 'Malformed body',
    detail: 'The body is not what its content type says.',
  },
  'validation-failed': {
    status: 400,
    title: 'Validation failed',
    detail: 'Some fields are missing or wrong; `errors` names each of them.',
  },
  unauthorized: { status: 401, title: 'Unauthorized', detail: 'A valid credential is needed.' },
  'limit-reached': {
    status: 402,
    title: 'Limit of the plan reached',
    detail: 'The plan allows no more of these.',
  },
  forbidden: { status: 403, title: 'Forbidden', detail: 'The credential is valid, but does not allow this.' },
  'invalid-signature': {
    status: 403,
    title: 'Invalid signature',
    detail: 'The signature is wrong, too old, or was used before.',
    error: 'Invalid signature',
  },
  'feature-not-in-plan': {
    status: 403,
    title: 'Feature not in the plan',
    detail: "The tenant's plan does not include this feature.",
  },
  'not-found': { status: 404, title: 'Not found', detail: 'There is no such thing here.' },
  'unknown-service': {
    status: 404,
    title: 'Unknown service',
    detail: 'No source of this name sends webhooks here.',
    error: 'Unknown service',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    detail: 'This address does not answer to this method.',
  },
  'not-acceptable': {
    status: 406,
    title: 'Not acceptable',
    detail: 'This cannot be answered in a form that the request accepts.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request timeout',
    detail: 'The request did not arrive completely within the time allowed.',
  },
  conflict: { status: 409, title: 'Conflict', detail: 'This does not go together with what is already there.' },
  'confirmation-required': {
    status: 409,
    title: 'Confirmation required',
    detail: 'This takes more away than it seems; it has to be confirmed.',
  },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    detail: 'The thing has changed since it was read.',
  },
  'payload-too-large': { status: 413, title: 'Payload too large', detail: 'The body is larger than allowed.' },
  'uri-too-long': { status: 414, title: 'URI too long', detail: 'The address is longer than allowed.' },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    detail: 'A body of this content type, charset or encoding is not taken.',
  },
  'expectation-failed': {
    status: 417,
    title: 'Expectation failed',
    detail: 'Of what a request may expect, only `100-continue` is met.',
  },
  'rate-limit-exceeded': {
    status: 429,
    title: 'Rate limit exceeded',
    detail: 'Too many requests; try again after `retry_after` seconds.',
    error: 'Rate limit exceeded',
  },
  'quota-exceeded': {
    status: 429,
    title: 'Quota exceeded',
    detail: 'The plan allows no more of these until `resets_at`.',
  },
  'headers-too-large': {
    status: 431,
    title: 'Request header fields too large',
    detail: 'The headers of the request are larger than allowed.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    detail: 'Something went wrong here. The log has more under this request id.',
  },
  'upstream-failed': {
    status: 502,
    title: 'The other side failed',
    detail: 'A system that this needs does not answer as it should.',
  },
  'service-unavailable': {
    status: 503,
    title: 'Service unavailable',
    detail: 'This cannot be done right now; try again later.',
  },
  'loop-detected': {
    status: 508,
    title: 'Loop detected',
    detail: 'This was delivered so often already that it has to be going round in a circle.',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof CATALOGUE;

/** `type` of a problem. A URN, so that it is stable wherever Mira runs: it names the kind and promises no page. */
export function problemType(code: ProblemCode): string {
  return `urn:mira:problem:${code}`;
}
