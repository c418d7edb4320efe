import { MonotonicClock } from './monotonic-clock';
import type { LeaseStore } from './lease-store';
import { leaseMs, msPerToken, turnMs, type BucketLimits } from './token-bucket';

/** The answer to one request: whether it may pass, and what its client may count on after it. */
export interface Taken {
  readonly admitted: boolean;
  /** Whole tokens the client has left: exact with one process, an upper estimate while others spend too. */
  readonly remaining: number;
  /** Milliseconds, more than 0, until the client has one token more than that. */
  readonly nextTokenInMs: number;
}

export interface LeasedBucketsOptions {
  /** Clients remembered at a time, 10,000 if not given. Beyond it the one not seen for longest is forgotten. */
  readonly maxClients?: number;
  /** For how many milliseconds at most an empty bucket is not asked about again, 1,000 if not given. */
  readonly rememberEmptyMs?: number;
  /** Milliseconds between two looks for idle leases, 250 if not given; 0: only when {@link LeasedBuckets.sweep} is called. */
  readonly sweepEveryMs?: number;
  /** The clock in milliseconds; `performance.now` if not given. May jump in either direction. */
  readonly now?: () => number;
  /** Told when tokens could not be given back. They are lost to their client until refilled. */
  readonly onGiveBackFailed?: (error: unknown, key: string, tokens: number) => void;
}

/** What this process knows about one client. */
interface Client {
  readonly key: string;
  limits: BucketLimits;
  /** Leased and unspent. */
  tokens: number;
  /** When the last lease was asked for; it is over `leaseMs` later. */
  leasedAtMs: number;
  /** How many spare tokens it brought; decides how many the next one asks for. */
  spare: number;
  /** Tokens in the shared bucket, as the store said at `repliedAtMs`. */
  shared: number;
  nextTokenInMs: number;
  repliedAtMs: number;
  emptyUntilMs: number;
  /** Requests that wait for the lease under way. */
  waiting: number;
  underWay: Promise<void> | undefined;
}

/** Give-backs that run at a time when many are due. */
const GIVE_BACKS_AT_ONCE = 16;

/**
 * One process's share of the buckets in a {@link LeaseStore}: it leases a few tokens of a client in one call and
 * spends them in memory, so that a busy client costs a few queries a second, whatever its rate.
 *
 * - It never over-admits: only tokens that have left the shared bucket are spent, and spare ones only while their
 *   lease runs (see `token-bucket.ts`).
 * - The size of a lease follows the traffic: it doubles while leases are spent within half their time, and halves
 *   when one runs out unspent. The store lends no more than a 64th of what is left: the last tokens go one by one.
 * - Spare tokens of an idle client go back to the store after about a second, all of them in {@link release}.
 * - A client whose bucket is empty is refused from memory until its next token is due, a second at most, since by
 *   then another process may have given tokens back.
 * - If the store fails, the error goes to every request that waited; the next request tries again.
 */
export class LeasedBuckets {
  private readonly clients = new Map<string, Client>();
  private readonly givingBack = new Set<Promise<void>>();
  private readonly clock: MonotonicClock;
  private readonly maxClients: number;
  private readonly rememberEmptyMs: number;
  private readonly sweepEveryMs: number;
  private sweeper: NodeJS.Timeout | undefined;
  private released = false;

  constructor(
    private readonly store: LeaseStore,
    private readonly options: LeasedBucketsOptions = {},
  ) {
    this.clock = new MonotonicClock(options.now ?? (() => performance.now()));
    this.maxClients = options.maxClients ?? 10_000;
    this.rememberEmptyMs = options.rememberEmptyMs ?? 1_000;
    this.sweepEveryMs = options.sweepEveryMs ?? 250;
  }

  /** How many clients are remembered. */
  get size(): number {
    return this.clients.size;
  }

  /**
   * Takes one token of the client `key`, which has the given limits; new limits hold from the next lease on.
   * Rejects with the store's error if a lease was needed and could not be had: the request must not pass then.
   */
  async take(key: string, limits: BucketLimits): Promise<Taken> {
    const client = this.clientOf(key, limits);
    const now = this.clock.now();
    if (client.tokens > 0 && !isOver(client, now)) return spend(client, now);
    if (client.tokens === 0 && now < client.emptyUntilMs) return answer(client, now, false);
    for (;;) {
      // One lease at a time for a client: those who come meanwhile wait for the same one.
      client.waiting += 1;
      try {
        await (client.underWay ??= this.leaseFor(client));
      } finally {
        client.waiting -= 1;
      }
      if (client.tokens > 0) return spend(client, this.clock.now());
      if (client.shared === 0) return answer(client, this.clock.now(), false);
    }
  }

  /** Gives back what idle clients have and forgets them. Runs by itself every `sweepEveryMs`. */
  async sweep(): Promise<void> {
    const now = this.clock.now();
    for (const client of this.clients.values()) {
      const idle = isOver(client, now) && client.tokens === 0 && client.emptyUntilMs <= now;
      if (idle && !isBusy(client)) this.clients.delete(client.key);
    }
    await this.giveBackWhere((client) => isOver(client, this.clock.now()));
  }

  /**
   * Gives back everything, once the leases under way have come. For the end of the process: after it, tokens are
   * still leased for those who ask, but none to keep.
   */
  async release(): Promise<void> {
    this.released = true;
    clearInterval(this.sweeper);
    this.sweeper = undefined;
    await Promise.allSettled([...this.clients.values()].flatMap((client) => client.underWay ?? []));
    await this.giveBackWhere(() => true);
    await Promise.allSettled(this.givingBack);
  }

  private clientOf(key: string, limits: BucketLimits): Client {
    let client = this.clients.get(key);
    if (client) {
      // Taken out and put in again: the map's order is that of the last use.
      this.clients.delete(key);
      if (!sameLimits(client.limits, limits)) {
        client.limits = limits;
        client.emptyUntilMs = 0;
      }
    } else {
      client = newClient(key, limits);
      this.makeRoom();
      this.startSweeping();
    }
    this.clients.set(key, client);
    return client;
  }

  private async leaseFor(client: Client): Promise<void> {
    try {
      const spare = this.released ? 0 : nextSpare(client, this.clock.now());
      if (client.tokens > 0) await this.giveBack(client, client.tokens);
      const askedAtMs = this.clock.now();
      const needed = client.waiting;
      const lease = await this.store.lease(client.key, client.limits, { needed, spare });
      const now = this.clock.now();
      client.tokens = lease.granted;
      client.spare = Math.max(0, lease.granted - needed);
      client.leasedAtMs = askedAtMs;
      client.repliedAtMs = now;
      client.shared = lease.remaining;
      client.nextTokenInMs = lease.nextTokenInMs;
      if (lease.remaining === 0) client.emptyUntilMs = now + Math.min(lease.nextTokenInMs, this.rememberEmptyMs);
      if (client.spare > 0 && isOver(client, now)) {
        // The store took longer than a lease runs: good for those who waited, too late to keep any.
        await this.giveBack(client, client.spare);
        client.spare = 0;
      }
    } finally {
      client.underWay = undefined;
    }
  }

  /** Returns tokens of a lease, or drops them when the bucket no longer counts on them. Never rejects. */
  private async giveBack(client: Client, tokens: number): Promise<void> {
    client.tokens -= tokens;
    if (this.clock.now() - client.leasedAtMs >= turnMs(client.limits)) return;
    client.shared += tokens;
    try {
      await this.store.giveBack(client.key, tokens);
    } catch (error) {
      // Not tried again: it may have taken effect, and giving back twice would admit too much.
      this.options.onGiveBackFailed?.(error, client.key, tokens);
    }
  }

  private async giveBackWhere(due: (client: Client) => boolean): Promise<void> {
    // A copy: the map moves clients to its end while they are used.
    const clients = [...this.clients.values()];
    let batch: Promise<void>[] = [];
    for (const client of clients) {
      if (client.tokens === 0 || isBusy(client) || !due(client)) continue;
      batch.push(this.giveBack(client, client.tokens));
      if (batch.length < GIVE_BACKS_AT_ONCE) continue;
      await Promise.all(batch);
      batch = [];
    }
    await Promise.all(batch);
  }

  /** Forgets the clients not seen for longest. Those that requests wait for stay, even if they are too many. */
  private makeRoom(): void {
    for (const client of this.clients.values()) {
      if (this.clients.size < this.maxClients) return;
      if (isBusy(client)) continue;
      this.clients.delete(client.key);
      if (client.tokens > 0) {
        const returned = this.giveBack(client, client.tokens).finally(() => this.givingBack.delete(returned));
        this.givingBack.add(returned);
      }
    }
  }

  private startSweeping(): void {
    if (this.sweeper || this.released || this.sweepEveryMs === 0) return;
    this.sweeper = setInterval(() => void this.sweep(), this.sweepEveryMs).unref();
  }
}

function newClient(key: string, limits: BucketLimits): Client {
  return {
    key,
    limits,
    tokens: 0,
    leasedAtMs: -Infinity,
    spare: 0,
    shared: 0,
    nextTokenInMs: 0,
    repliedAtMs: 0,
    emptyUntilMs: 0,
    waiting: 0,
    underWay: undefined,
  };
}

function spend(client: Client, now: number): Taken {
  client.tokens -= 1;
  return answer(client, now, true);
}

function answer(client: Client, now: number, admitted: boolean): Taken {
  const { limits, repliedAtMs, nextTokenInMs } = client;
  const perToken = msPerToken(limits);
  const sinceMs = now - repliedAtMs;
  const refilled = sinceMs < nextTokenInMs ? 0 : 1 + Math.floor((sinceMs - nextTokenInMs) / perToken);
  return {
    admitted,
    remaining: admitted ? Math.min(limits.capacity, client.tokens + client.shared + refilled) : 0,
    nextTokenInMs: Math.max(1, nextTokenInMs + refilled * perToken - sinceMs),
  };
}

/** How many tokens to ask for beyond those needed at once, so that a lease lasts half to all of its time. */
function nextSpare(client: Client, now: number): number {
  if (client.tokens > 0) return Math.floor(client.spare / 2);
  const soon = now - client.leasedAtMs < leaseMs(client.limits) / 2;
  return soon ? Math.max(1, client.spare * 2) : client.spare;
}

function isOver(client: Client, now: number): boolean {
  return now - client.leasedAtMs >= leaseMs(client.limits);
}

function isBusy(client: Client): boolean {
  return client.waiting > 0 || client.underWay !== undefined;
}

function sameLimits(one: BucketLimits, other: BucketLimits): boolean {
  return one.capacity === other.capacity && one.windowSeconds === other.windowSeconds;
}
