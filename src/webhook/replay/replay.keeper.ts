import { describeError } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { MiraConfig } from '../../config/mira.config';
import { TenantDatabase } from '../../database/tenant.database';
import { Upkeep } from '../../database/upkeep';
import { DeliveryQueue } from '../delivery/queue/delivery.queue';
import { ReplayRepository } from './replay.repository';
import { AHEAD_MS, ReplaySteps } from './replay.steps';

/** Of one tenant; it may have no more of them, but those that were started before that was so. */
const OF_A_TENANT = 5;
const AT_ONCE = 500;
/** Steps that one may take before the others of its tenant, and new ones, are looked for again. */
const ROUNDS = 10;
/** So often in a row a step may fail, each time after a longer pause: about four minutes in all. */
const MAX_FAILED_STEPS = 8;

interface RunningReplay {
  readonly tenant_id: string;
  readonly id: string;
}

/**
 * Keeps replays and redrives going, in every process that delivers; each step is one of these processes' alone. All take
 * one step in turn, and one that fails keeps no other from going on.
 */
@Injectable()
export class ReplayKeeper extends Upkeep {
  protected readonly everyMs = 1_000;
  private isRunning = false;

  constructor(
    private readonly config: MiraConfig,
    private readonly dataSource: DataSource,
    private readonly database: TenantDatabase,
    private readonly replays: ReplayRepository,
    private readonly steps: ReplaySteps,
    private readonly queue: DeliveryQueue,
  ) {
    super();
  }

  override onApplicationBootstrap(): void {
    if (this.config.role !== 'api') super.onApplicationBootstrap();
  }

  /** Takes each replay as far as it may go now. */
  async run(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      let running: RunningReplay[] = await this.dataSource.query(RUNNING, [
        new Date(Date.now() + AHEAD_MS),
        OF_A_TENANT,
        AT_ONCE,
      ]);
      for (let round = 0; round < ROUNDS && running.length > 0; round++) {
        const unfinished: RunningReplay[] = [];
        for (const replay of running) if (await this.tryStep(replay)) unfinished.push(replay);
        this.queue.wake();
        running = unfinished;
      }
    } finally {
      this.isRunning = false;
    }
  }

  /** Whether there is more to do at this moment. */
  private async tryStep({ tenant_id: tenantId, id }: RunningReplay): Promise<boolean> {
    try {
      return await this.step(tenantId, id);
    } catch (error) {
      // Where the database is away this fails as well, and ends the round.
      const failed = await this.database.transaction(tenantId, (manager) =>
        this.replays.countFailure(manager, tenantId, id, MAX_FAILED_STEPS),
      );
      this.logger.warn({
        msg: failed ? 'a replay was given up' : 'a step of a replay failed; it is tried again',
        err: describeError(error),
        tenant_id: tenantId,
        replay_id: id,
      });
      return false;
    }
  }

  private async step(tenantId: string, id: string): Promise<boolean> {
    return this.database.transaction(tenantId, async (manager) => {
      const replay = await this.replays.lockRunning(manager, tenantId, id);
      return replay !== null && this.steps.take(manager, replay, new Date());
    });
  }
}

/**
 * Those that may make one more delivery now. First one of each tenant, then the second ones, and so on; among these
 * first who has waited longest, so that none is left out where there are more than can be taken.
 */
const RUNNING = `
  SELECT tenant_id, id FROM (
    SELECT tenant_id, id, updated_at, row_number() OVER (PARTITION BY tenant_id ORDER BY updated_at, id) AS place
    FROM replays
    WHERE state = 'running' AND next_start_at + interval '1 second' / rate_per_second <= $1
      AND (failed_steps = 0 OR updated_at + interval '1 second' * 2 ^ failed_steps <= now())) AS r
  WHERE place <= $2 ORDER BY place, updated_at, id LIMIT $3`;
