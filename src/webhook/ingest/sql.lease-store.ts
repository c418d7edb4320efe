import {
  type BucketLimits,
  type BucketState,
  fullBucket,
  type Lease,
  leaseFrom,
  type LeaseRequest,
  LeaseStore,
  returnTo,
} from '@mira/rate-limit';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { withinAnswerTime } from '../../database/answer-time';

interface BucketRow {
  tokens: number;
  refilled_at_ms: number;
  held: number;
  held_before: number;
  turn_started_at_ms: number;
  now_ms: number;
}

/** The buckets that all processes share, a row each. The row's lock makes leases take turns; the clock is the server's. */
@Injectable()
export class SqlLeaseStore extends LeaseStore {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async lease(key: string, limits: BucketLimits, request: LeaseRequest): Promise<Lease> {
    const leased = this.dataSource.transaction(async (manager) => {
      const locked = (await this.lock(manager, key)) ?? (await this.create(manager, key, limits));
      const { state, lease } = leaseFrom(stateOf(locked), limits, request, locked.now_ms);
      await this.save(manager, key, state);
      return lease;
    });
    return withinAnswerTime(leased);
  }

  async giveBack(key: string, tokens: number): Promise<void> {
    const given = this.dataSource.transaction(async (manager) => {
      const locked = await this.lock(manager, key);
      if (locked) await this.save(manager, key, returnTo(stateOf(locked), tokens));
    });
    await withinAnswerTime(given);
  }

  /** Removes the buckets of clients that were not seen for `idleMs`: by then they are full, which is what a new one is. */
  async forgetIdle(idleMs: number): Promise<void> {
    await this.dataSource.query(
      'DELETE FROM rate_limit_buckets WHERE refilled_at_ms < extract(epoch FROM clock_timestamp()) * 1000 - $1',
      [idleMs],
    );
  }

  private async lock(manager: EntityManager, key: string): Promise<BucketRow | undefined> {
    // The clock is read in a statement of its own: asked together, it would tell the time before the lock was waited for.
    const [row]: BucketRow[] = await manager.query(
      `SELECT tokens, refilled_at_ms, held, held_before, turn_started_at_ms
       FROM rate_limit_buckets WHERE client = $1 FOR UPDATE`,
      [key],
    );
    return row && { ...row, now_ms: await this.now(manager) };
  }

  private async create(manager: EntityManager, key: string, limits: BucketLimits): Promise<BucketRow> {
    const full = fullBucket(limits, await this.now(manager));
    await manager.query(
      `INSERT INTO rate_limit_buckets (client, tokens, refilled_at_ms, held, held_before, turn_started_at_ms)
       VALUES ($1, $2, $3, 0, 0, $3) ON CONFLICT DO NOTHING`,
      [key, full.tokens, full.refilledAtMs],
    );
    const row = await this.lock(manager, key);
    if (!row) throw new Error('a rate limit bucket vanished while it was made');
    return row;
  }

  private async save(manager: EntityManager, key: string, state: BucketState): Promise<void> {
    await manager.query(
      `UPDATE rate_limit_buckets
       SET tokens = $2, refilled_at_ms = $3, held = $4, held_before = $5, turn_started_at_ms = $6 WHERE client = $1`,
      [key, state.tokens, state.refilledAtMs, state.held, state.heldBefore, state.turnStartedAtMs],
    );
  }

  private async now(manager: EntityManager): Promise<number> {
    const [row]: { now_ms: number }[] = await manager.query(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms',
    );
    if (!row) throw new Error('the database did not tell the time');
    return row.now_ms;
  }
}

function stateOf(row: BucketRow): BucketState {
  return {
    tokens: row.tokens,
    refilledAtMs: row.refilled_at_ms,
    held: row.held,
    heldBefore: row.held_before,
    turnStartedAtMs: row.turn_started_at_ms,
  };
}
