import { ApiExtraModels, ApiProperty } from '@nestjs/swagger';
import { type RouteTarget, targetSchema } from './route.dto';
import { AgentTargetDto, HttpTargetDto, N8nTargetDto } from './route-target.dto';
import type { Route } from './route.entity';

/** A route as it is answered. */
@ApiExtraModels(N8nTargetDto, HttpTargetDto, AgentTargetDto)
export class RouteView {
  id!: string;
  name!: string;
  service!: string;
  /** Empty: all of the service's. */
  event_types!: string[];
  @ApiProperty(targetSchema)
  target!: RouteTarget;
  enabled!: boolean;
  created_at!: string;
  updated_at!: string;
}

export class RoutePage {
  data!: RouteView[];
  next_cursor!: string | null;
}

export function routeView(route: Route): RouteView {
  return {
    id: route.id,
    name: route.name,
    service: route.service,
    event_types: route.eventTypes,
    target: targetOf(route),
    enabled: route.enabled,
    created_at: route.createdAt.toISOString(),
    updated_at: route.updatedAt.toISOString(),
  };
}

function targetOf({ id, targetKind, integrationId, workflowId, webhookPath, agentName }: Route): RouteTarget {
  if (targetKind === 'agent' && agentName !== null) return { kind: 'agent', agent: agentName };
  if (targetKind === 'http' && integrationId !== null) return { kind: targetKind, integration_id: integrationId };
  if (targetKind === 'n8n' && integrationId !== null) {
    const integration = { kind: targetKind, integration_id: integrationId };
    if (workflowId !== null) return { ...integration, workflow_id: workflowId };
    if (webhookPath !== null) return { ...integration, webhook_path: webhookPath };
  }
  throw new Error(`the target of route ${id} is not one that the table's checks allow`);
}
