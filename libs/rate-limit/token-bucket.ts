/**
 * The arithmetic of one client's token bucket, shared by several processes that lease tokens from it.
 *
 * A bucket starts full and is refilled evenly, `capacity` tokens a `windowSeconds`. The promise is that of a token
 * bucket on one machine: in any span of T seconds no more than `capacity + T * capacity / windowSeconds` requests are
 * admitted, by all processes together.
 *
 * Leasing alone would break it: while a process sits on leased tokens the bucket would be refilled past them, and
 * both could be spent at once. So the bucket remembers for a while what it lent to be spent later (`held`) and is
 * refilled only up to `capacity - held`. Two counters that take turns are enough for that: nobody reports what was
 * spent, and a process that dies leaves nothing behind for longer than two turns.
 *
 * Everything here is a pure function. A store in SQL does the same sums, in one call.
 */

/** What a client may use: a burst of `capacity` requests, refilled evenly over `windowSeconds`. */
export interface BucketLimits {
  readonly capacity: number;
  readonly windowSeconds: number;
}

/** A bucket as it is stored. Times are milliseconds of one clock, the store's. */
export interface BucketState {
  /** Tokens that may be leased now; has a fraction. Above `capacity` for a moment after tokens came back. */
  readonly tokens: number;
  readonly refilledAtMs: number;
  /** Tokens lent to be spent later, since `turnStartedAtMs`. */
  readonly held: number;
  /** The same, in the turn before that one. */
  readonly heldBefore: number;
  readonly turnStartedAtMs: number;
}

/** What a process asks for: `needed` requests wait for a token now; `spare` more would be kept for those to come. */
export interface LeaseRequest {
  readonly needed: number;
  readonly spare: number;
}

/** What it got. The tokens are its own: they have already left the shared bucket. */
export interface Lease {
  /** Tokens granted, those for `needed` first; less than `needed` only if the bucket is empty now. */
  readonly granted: number;
  /** Whole tokens left in the shared bucket after this lease. */
  readonly remaining: number;
  /** Milliseconds, rounded up and at least 1, until the bucket holds one whole token more than `remaining`. */
  readonly nextTokenInMs: number;
}

/** At most this part of a bucket is lent to be spent later, so near its end tokens are lent one by one. */
export const SPARE_FRACTION = 64;

const LONGEST_LEASE_MS = 1_000;
/** How many leases long a turn is: long enough to give back in time, even by a process that is busy. */
const LEASES_A_TURN = 2.5;
/** Absorbs the rounding of floating point, so that a token is there at the very millisecond it was promised for. */
const EPSILON = 1e-9;

/** Milliseconds in which one token is refilled. */
export function msPerToken(limits: BucketLimits): number {
  return (limits.windowSeconds * 1_000) / limits.capacity;
}

/** For how many milliseconds a process may spend spare tokens: a second, less for windows of about a minute and under. */
export function leaseMs(limits: BucketLimits): number {
  return Math.min(LONGEST_LEASE_MS, (limits.windowSeconds * 1_000) / SPARE_FRACTION);
}

/** Milliseconds after which the two counters of held tokens take turns. Nothing may be given back later than this. */
export function turnMs(limits: BucketLimits): number {
  return leaseMs(limits) * LEASES_A_TURN;
}

/** The bucket of a client that was never seen. */
export function fullBucket(limits: BucketLimits, nowMs: number): BucketState {
  return { tokens: limits.capacity, refilledAtMs: nowMs, held: 0, heldBefore: 0, turnStartedAtMs: nowMs };
}

/**
 * The bucket at `nowMs`. A clock that went backwards adds nothing until it has caught up: refilling a second time for
 * the same span would admit too much. Call it before every lease; it also trims to the capacity.
 */
export function refill(state: BucketState, limits: BucketLimits, nowMs: number): BucketState {
  const elapsedMs = Math.max(0, nowMs - state.refilledAtMs);
  const turn = turnMs(limits);
  // Every lease of the past is over two turns after the last one was made: from then on the whole bucket is refilled.
  const withHeldMs = Math.min(elapsedMs, 2 * turn);
  const roof = limits.capacity - state.held - state.heldBefore;
  const perToken = msPerToken(limits);
  const first = Math.max(state.tokens, Math.min(roof, state.tokens + withHeldMs / perToken));
  const tokens = Math.min(limits.capacity, first + (elapsedMs - withHeldMs) / perToken);
  const turnsPassed = Math.floor((nowMs - state.turnStartedAtMs) / turn);
  return {
    tokens,
    refilledAtMs: Math.max(state.refilledAtMs, nowMs),
    held: turnsPassed >= 1 ? 0 : state.held,
    heldBefore: turnsPassed >= 2 ? 0 : turnsPassed === 1 ? state.held : state.heldBefore,
    turnStartedAtMs: turnsPassed >= 1 ? nowMs : state.turnStartedAtMs,
  };
}

/** Takes what can be granted of a request out of a bucket, after refilling it. */
export function leaseFrom(
  state: BucketState,
  limits: BucketLimits,
  request: LeaseRequest,
  nowMs: number,
): { state: BucketState; lease: Lease } {
  const now = refill(state, limits, nowMs);
  const whole = Math.max(0, Math.floor(now.tokens + EPSILON));
  const forNeeded = Math.min(request.needed, whole);
  const forSpare = Math.min(request.spare, Math.floor((whole - forNeeded) / SPARE_FRACTION));
  const granted = forNeeded + forSpare;
  const left: BucketState = { ...now, tokens: now.tokens - granted, held: now.held + forSpare };
  return {
    state: left,
    lease: { granted, remaining: whole - granted, nextTokenInMs: msUntilNextToken(left, limits) },
  };
}

/** Puts unspent tokens of a lease back. The next {@link refill} trims what exceeds the capacity. */
export function returnTo(state: BucketState, tokens: number): BucketState {
  return { ...state, tokens: state.tokens + tokens };
}

/** Milliseconds, rounded up and at least 1, until a bucket that was just refilled holds one more whole token. */
export function msUntilNextToken(state: Pick<BucketState, 'tokens'>, limits: BucketLimits): number {
  const missing = Math.floor(state.tokens + EPSILON) + 1 - state.tokens;
  return Math.max(1, Math.ceil(missing * msPerToken(limits) - EPSILON));
}
