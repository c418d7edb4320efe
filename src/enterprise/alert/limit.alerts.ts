import { EventPublisher } from '@mira/internal-event';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ADVISORY_LOCKS } from '../../database/advisory-locks';
import { DATABASE_TARGET, type DatabaseTarget } from '../../database/database-target';
import { TenantDatabase } from '../../database/tenant.database';
import { isMadeLimit } from '../plan/plan.repository';
import { PlanService } from '../plan/plan.service';
import { endOf } from '../usage/periods';
import { UsageClock } from '../usage/usage.clock';
import { ALERTS, type DueAlert, dueAlerts, periodOf } from './limit-alert.sql';

/**
 * Tells a tenant when four fifths of a limit are used, and when all of it is: by an event that its routes can carry on,
 * once in each period. Looks at what was counted instead of being called by those who count, whom it would hold up; any
 * number of processes may look, for the alert's row decides who gives it.
 */
@Injectable()
export class LimitAlerts {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: TenantDatabase,
    private readonly plans: PlanService,
    private readonly events: EventPublisher,
    private readonly clock: UsageClock,
    @Optional() @Inject(DATABASE_TARGET) private readonly target?: Pick<DatabaseTarget, 'isDistributed'>,
  ) {}

  /**
   * Gives those that are due; answers with how many these were. Where one cannot be given the others are, and it is
   * thrown why it could not.
   */
  async give(): Promise<number> {
    const due = await this.due();
    let given = 0;
    const failures: unknown[] = [];
    for (const alert of due) {
      try {
        const isGiven = await this.database.transaction(alert.tenant_id, (manager) => this.giveOne(manager, alert));
        if (isGiven) given++;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return given;
  }

  /** None where another process looks at this moment: what it sees is the same. */
  private async due(): Promise<DueAlert[]> {
    return this.dataSource.transaction(async (manager) => {
      const [lock]: { mine: boolean }[] = await manager.query('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        ADVISORY_LOCKS.limitAlerts,
      ]);
      return lock?.mine ? manager.query(dueAlerts(this.clock, this.target)) : [];
    });
  }

  /** False where another process was faster, or the tenant has just gone. */
  private async giveOne(manager: EntityManager, alert: DueAlert): Promise<boolean> {
    const { tenant_id: tenantId, limit_name: limit, starts_on, threshold_percent, max, used } = alert;
    const plan = await this.plans.findWithin(manager, tenantId);
    const kind = ALERTS.find(({ thresholdPercent }) => thresholdPercent === threshold_percent);
    if (!plan || !kind) return false;
    const taken: unknown[] = await manager.query(
      `INSERT INTO limit_alerts (tenant_id, limit_name, starts_on, threshold_percent, max, used)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING tenant_id`,
      [tenantId, limit, starts_on, threshold_percent, max, used],
    );
    if (taken.length === 0) return false;
    const period = periodOf(limit);
    await this.events.publish(manager, tenantId, {
      type: kind.type,
      data: {
        limit,
        max,
        used,
        share: used / max,
        threshold: threshold_percent / 100,
        period,
        starts_on,
        resets_at: isMadeLimit(limit) ? null : endOf(period, starts_on).toISOString(),
        tier: plan.tier,
        needed_tier: plan.tierAllowing(limit, max),
      },
    });
    return true;
  }
}
