import { describeError } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { MiraConfig } from '../../../config/mira.config';
import { isDatabaseAway } from '../../../database/database-away';
import { Upkeep } from '../../../database/upkeep';
import { MetricsService } from '../../../metrics/metrics.service';
import { ExecutionAsker } from './execution.asker';
import { type ConfirmedExecution, ExecutionRepository, type OpenGroup } from './execution.repository';

/** n8n's that are asked at the same time, and those of one tenant: one that is slow keeps its own waiting only. */
const INTEGRATIONS_AT_ONCE = 16;
const OF_TENANT_AT_ONCE = 8;
/** Deliveries of one integration that are taken at a time. */
const OF_EACH = 500;

/**
 * Finds out whether what n8n took really ran: asks for the executions of deliveries until they have ended, in few calls
 * for many, and has n8n run those again that failed and are to be retried. Any number of processes may; each takes its own.
 */
@Injectable()
export class ExecutionConfirmer extends Upkeep {
  protected readonly everyMs = 500;
  private readonly ended: Counter<'status'>;
  private readonly underWay = new Map<OpenGroup, Promise<void>>();
  private isClaiming = false;
  private isStopping = false;

  constructor(
    private readonly config: MiraConfig,
    private readonly executions: ExecutionRepository,
    private readonly asker: ExecutionAsker,
    metrics: MetricsService,
  ) {
    super();
    this.ended = metrics.counter('mira_executions_total', 'Executions of which the end is known', ['status']);
  }

  override onApplicationBootstrap(): void {
    if (this.config.role !== 'api') super.onApplicationBootstrap();
  }

  override onModuleDestroy(): void {
    this.isStopping = true;
    super.onModuleDestroy();
  }

  /** Takes what is due as long as there is room; nobody waits for those that are being asked. */
  protected async run(): Promise<void> {
    if (this.isClaiming) return;
    this.isClaiming = true;
    try {
      for (let isMore = true; isMore && !this.isStopping;) isMore = await this.take();
    } finally {
      this.isClaiming = false;
    }
  }

  /** Resolves when all that is due now was asked for. */
  async confirm(): Promise<void> {
    await this.run();
    await Promise.all(this.underWay.values());
  }

  /** Whether there may be more of others. */
  private async take(): Promise<boolean> {
    const integrations = INTEGRATIONS_AT_ONCE - this.underWay.size;
    if (integrations <= 0) return false;
    const without = [...this.underWay.keys()];
    const groups = await this.executions.claim({ integrations, ofEach: OF_EACH, ofTenant: OF_TENANT_AT_ONCE, without });
    for (const group of groups) {
      const work = this.confirmGroup(group).finally(() => {
        this.underWay.delete(group);
        if (group.open.length === OF_EACH) void this.tryToRun();
      });
      this.underWay.set(group, work);
    }
    return groups.length === integrations;
  }

  /** What goes wrong with one is told and tried again when its lease is over; the others know nothing of it. */
  private async confirmGroup(group: OpenGroup): Promise<void> {
    try {
      await this.asker.ask(group, (confirmed) => this.record(group, confirmed));
    } catch (error) {
      if (this.isStopping) return;
      const { tenantId: tenant_id, integrationId: integration_id } = group;
      this.logger.warn({
        msg: 'executions could not be confirmed',
        err: describeError(error),
        tenant_id,
        integration_id,
      });
    }
  }

  private async record({ tenantId }: OpenGroup, confirmed: readonly ConfirmedExecution[]): Promise<void> {
    const recorded = await this.recordEach(tenantId, confirmed);
    for (const one of confirmed) if (recorded.has(one.deliveryId)) this.report(tenantId, one);
  }

  /** Together, and where the database will not take one of them, each by itself. */
  private async recordEach(tenantId: string, confirmed: readonly ConfirmedExecution[]): Promise<Set<string>> {
    try {
      return await this.executions.record(tenantId, confirmed);
    } catch (error) {
      if (isDatabaseAway(error) || confirmed.length < 2) throw error;
    }
    const recorded = new Set<string>();
    for (const one of confirmed) {
      try {
        for (const id of await this.executions.record(tenantId, [one])) recorded.add(id);
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        const { deliveryId: delivery_id } = one;
        this.logger.warn({ msg: 'an execution could not be noted', err: describeError(error), delivery_id });
      }
    }
    return recorded;
  }

  private report(tenantId: string, { deliveryId, status, inMs, reason, execution }: ConfirmedExecution): void {
    if (inMs !== null) return;
    this.ended.inc({ status });
    const line = {
      msg: 'execution',
      tenant_id: tenantId,
      delivery_id: deliveryId,
      execution_id: execution?.id ?? null,
      status,
      ...(reason ? { reason } : {}),
    };
    if (status === 'succeeded') this.logger.log(line);
    else this.logger.warn(line);
  }
}
