import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { MiraConfig } from '../../config/mira.config';
import { TenantDatabase } from '../../database/tenant.database';
import { Upkeep } from '../../database/upkeep';
import { DeliveryQueue } from '../delivery/queue/delivery.queue';
import { ReplayRepository } from './replay.repository';
import { ReplaySteps } from './replay.steps';

const REPLAYS_AT_ONCE = 100;

/** Keeps replays and redrives going, in every process that delivers; each step is one of these processes' alone. */
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

  /** Takes each replay as far as it may go now; the oldest first. */
  async run(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      const running: { tenant_id: string; id: string }[] = await this.dataSource.query(
        `SELECT tenant_id, id FROM replays WHERE state = 'running' ORDER BY id LIMIT ${REPLAYS_AT_ONCE}`,
      );
      for (const { tenant_id: tenantId, id } of running) while (await this.step(tenantId, id));
      if (running.length > 0) this.queue.wake();
    } finally {
      this.isRunning = false;
    }
  }

  private async step(tenantId: string, id: string): Promise<boolean> {
    return this.database.transaction(tenantId, async (manager) => {
      const replay = await this.replays.lockRunning(manager, tenantId, id);
      return replay !== null && this.steps.take(manager, replay, new Date());
    });
  }
}
