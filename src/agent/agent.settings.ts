import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../database/tenant.database';
import { PlanService } from '../enterprise/plan/plan.service';
import { type Agent, featureOf } from './agent';

/** How a tenant has an agent, as it is stored; `config` is only what was set. */
export interface AgentSetting {
  readonly enabled: boolean;
  readonly config: object;
}

/** An agent without a row. */
export const DEFAULT_SETTING: AgentSetting = { enabled: true, config: {} };

/** The same with what the tenant's plan says of it. */
export interface AgentStanding extends AgentSetting {
  readonly isInPlan: boolean;
}

interface Row extends AgentSetting {
  readonly agent_name: string;
}

/** Keeps how each tenant has each agent. Nothing is remembered: what is set holds from the next event on. */
@Injectable()
export class AgentSettings {
  constructor(
    private readonly database: TenantDatabase,
    private readonly plans: PlanService,
  ) {}

  /** As of this moment; null where there is no such tenant any more. */
  async standingOf(tenantId: string, agent: Agent): Promise<AgentStanding | null> {
    return this.database.transaction(tenantId, async (manager) => {
      const plan = await this.plans.findWithin(manager, tenantId);
      if (!plan) return null;
      return { ...(await this.find(manager, tenantId, agent.name)), isInPlan: plan.has(featureOf(agent)) };
    });
  }

  async find(manager: EntityManager, tenantId: string, agentName: string): Promise<AgentSetting> {
    const [row]: AgentSetting[] = await manager.query(
      'SELECT enabled, config FROM agent_settings WHERE tenant_id = $1 AND agent_name = $2',
      [tenantId, agentName],
    );
    return row ?? DEFAULT_SETTING;
  }

  /** Those of all agents that have a row. */
  async all(manager: EntityManager, tenantId: string): Promise<ReadonlyMap<string, AgentSetting>> {
    const rows: Row[] = await manager.query(
      'SELECT agent_name, enabled, config FROM agent_settings WHERE tenant_id = $1',
      [tenantId],
    );
    return new Map(rows.map(({ agent_name, enabled, config }) => [agent_name, { enabled, config }]));
  }

  /** Holds the row, made if need be, until the transaction ends, so that changes come one after the other. */
  async lock(manager: EntityManager, tenantId: string, agentName: string): Promise<AgentSetting> {
    await manager.query(
      `INSERT INTO agent_settings (tenant_id, agent_name, enabled, config) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [tenantId, agentName, DEFAULT_SETTING.enabled, DEFAULT_SETTING.config],
    );
    const [row]: AgentSetting[] = await manager.query(
      'SELECT enabled, config FROM agent_settings WHERE tenant_id = $1 AND agent_name = $2 FOR UPDATE',
      [tenantId, agentName],
    );
    if (!row) throw new Error('the settings of an agent vanished while they were made');
    return row;
  }

  /** Writes what was changed of a row that is held. */
  async save(manager: EntityManager, tenantId: string, agentName: string, setting: AgentSetting): Promise<void> {
    await manager.query(
      `UPDATE agent_settings SET enabled = $3, config = $4, updated_at = now()
       WHERE tenant_id = $1 AND agent_name = $2`,
      [tenantId, agentName, setting.enabled, setting.config],
    );
  }
}
