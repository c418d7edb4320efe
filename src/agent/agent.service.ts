import { missingPermissions, type Principal } from '@mira/access';
import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { EventPublisher } from '@mira/internal-event';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../database/tenant.database';
import { FeatureService } from '../enterprise/plan/feature.service';
import { PlanService } from '../enterprise/plan/plan.service';
import { type Agent, featureOf } from './agent';
import { readAgentConfig } from './agent.config';
import type { UpdateAgentDto } from './agent.dto';
import { AgentRegistry } from './agent.registry';
import { AgentSettings, DEFAULT_SETTING } from './agent.settings';
import { type AgentExecutionView, type AgentView, agentView } from './agent-view.dto';

const acts = actsOn('agent');

/** What an agent is asked to do by hand comes to it as an event of this type, of service `mira`. */
const EXECUTE = 'agent_execute';

/** Shows a tenant the agents that there are, switches and configures them for it, and has one run. */
@Injectable()
export class AgentService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly registry: AgentRegistry,
    private readonly settings: AgentSettings,
    private readonly plans: PlanService,
    private readonly features: FeatureService,
    private readonly events: EventPublisher,
    private readonly trail: AuditTrail,
  ) {}

  /** In the order of their names. */
  async list(tenantId: string): Promise<AgentView[]> {
    const agents = this.registry.all().toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return this.database.transaction(tenantId, async (manager) => {
      const plan = await this.plans.within(manager, tenantId);
      const set = await this.settings.all(manager, tenantId);
      return agents.map((agent) => agentView(agent, set.get(agent.name) ?? DEFAULT_SETTING, plan));
    });
  }

  async get(tenantId: string, name: string): Promise<AgentView> {
    const agent = this.found(name);
    return this.database.transaction(tenantId, async (manager) => {
      const plan = await this.plans.within(manager, tenantId);
      return agentView(agent, await this.settings.find(manager, tenantId, name), plan);
    });
  }

  /**
   * Has it run once, soon: as a delivery like any other, so that a failure is tried again.
   * @throws Problem `forbidden` for want of what the agent's work needs; `feature-not-in-plan`; `conflict` where it is
   * switched off
   */
  async execute(who: Principal, name: string, data: object): Promise<AgentExecutionView> {
    const { tenantId } = who;
    const agent = this.found(name);
    this.checkPermissions(who, agent);
    return this.database.transaction(tenantId, async (manager) => {
      await this.features.requireWithin(manager, tenantId, featureOf(agent));
      const { enabled } = await this.settings.find(manager, tenantId, name);
      if (!enabled) throw problems.conflict('The agent is switched off in this tenant.');
      const event = { type: EXECUTE, data, by: who };
      const { eventId, deliveryId } = await this.events.publishTo(manager, tenantId, name, event);
      const after = { event_id: eventId, delivery_id: deliveryId };
      await this.trail.record(manager, who, acts.did('executed', name, { after }));
      return after;
    });
  }

  /** @throws Problem `feature-not-in-plan`; `validation-failed` naming the settings that are wrong */
  async configure(who: Actor, name: string, { enabled, config }: UpdateAgentDto): Promise<AgentView> {
    const { tenantId } = who;
    const agent = this.found(name);
    const read = readAgentConfig(agent, config ?? {});
    if (config !== undefined && read.kind === 'faulty') throw problems.validationFailed(read.errors);
    return this.database.transaction(tenantId, async (manager) => {
      const plan = await this.features.requireWithin(manager, tenantId, featureOf(agent));
      const before = await this.settings.lock(manager, tenantId, name);
      const setting = { enabled: enabled ?? before.enabled, config: config ?? before.config };
      await this.settings.save(manager, tenantId, name, setting);
      const view = agentView(agent, setting, plan);
      await this.trail.record(
        manager,
        who,
        acts.did('configured', name, { before: agentView(agent, before, plan), after: view }),
      );
      return view;
    });
  }

  private checkPermissions(who: Principal, { name, permissions }: Agent): void {
    const missing = missingPermissions(who, permissions);
    if (missing.length === 0) return;
    this.trail.note(who, acts.did('executed', name, { after: { missing_permissions: missing }, outcome: 'denied' }));
    throw problems.forbidden(`This agent needs the permission ${missing.join(' and ')}.`, {
      missing_permissions: missing,
    });
  }

  private found(name: string): Agent {
    const agent = this.registry.find(name);
    if (!agent) throw problems.notFound('There is no such agent.');
    return agent;
  }
}
