import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { type EntityManager, QueryFailedError } from 'typeorm';
import { featureOf } from '../../agent/agent';
import { AgentRegistry } from '../../agent/agent.registry';
import { FeatureService } from '../../enterprise/plan/feature.service';
import type { IntegrationKind } from '../../n8n/integration.entity';
import { IntegrationService } from '../../n8n/integration.service';
import type { RouteTarget } from './route.dto';
import type { TargetColumns } from './route.repository';

/** Where routes may lead: to the tenant's own integrations, and to the agents that there are. */
@Injectable()
export class RouteTargets {
  constructor(
    private readonly integrations: IntegrationService,
    private readonly agents: AgentRegistry,
    private readonly features: FeatureService,
  ) {}

  /** @throws Problem where the tenant has no such target */
  async check(manager: EntityManager, tenantId: string, target: RouteTarget): Promise<void> {
    switch (target.kind) {
      case 'n8n':
      case 'http': {
        const kind = await this.integrations.kindOf(manager, tenantId, target.integration_id);
        if (kind === null) throw unknownIntegration();
        if (kind !== target.kind) throw otherKind(kind);
        return;
      }
      case 'agent':
        return this.checkAgent(manager, tenantId, target.agent);
    }
  }

  private async checkAgent(manager: EntityManager, tenantId: string, name: string): Promise<void> {
    const agent = this.agents.find(name);
    if (!agent) throw unknownAgent(this.agents.names());
    await this.features.requireWithin(manager, tenantId, featureOf(agent));
  }
}

export function columnsOf(target: RouteTarget): TargetColumns {
  const none = { integrationId: null, workflowId: null, webhookPath: null, agentName: null };
  switch (target.kind) {
    case 'n8n':
      return {
        ...none,
        targetKind: target.kind,
        integrationId: target.integration_id,
        workflowId: target.workflow_id ?? null,
        webhookPath: target.webhook_path ?? null,
      };
    case 'http':
      return { ...none, targetKind: target.kind, integrationId: target.integration_id };
    case 'agent':
      return { ...none, targetKind: target.kind, agentName: target.agent };
  }
}

/** An integration that was there a moment ago may be deleted before the route is stored: then the table refuses it. */
export async function refusingUnknownIntegration<T>(saving: Promise<T>): Promise<T> {
  try {
    return await saving;
  } catch (error) {
    throw isForeignKeyViolation(error) ? unknownIntegration() : error;
  }
}

function unknownIntegration() {
  return problems.validationFailed([{ field: 'target.integration_id', message: 'there is no such integration' }]);
}

function otherKind(kind: IntegrationKind) {
  const how = { n8n: 'an n8n, with workflow_id or webhook_path', http: 'a receiver, with nothing besides' }[kind];
  const message = `is of an integration of kind ${kind}: target.kind must be ${kind} to lead to ${how}`;
  return problems.validationFailed([{ field: 'target.integration_id', message }]);
}

function unknownAgent(names: readonly string[]) {
  const known = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
  return problems.validationFailed([{ field: 'target.agent', message: `there is no such agent; ${known}` }]);
}

/** SQLSTATE 23503. */
function isForeignKeyViolation(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const cause: unknown = error.driverError;
  return cause instanceof Error && 'code' in cause && cause.code === '23503';
}
