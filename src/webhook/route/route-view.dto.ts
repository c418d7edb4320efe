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
  /** The condition on payload and headers that must hold besides; null where there is none. */
  filter!: string | null;
  @ApiProperty(targetSchema)
  target!: RouteTarget;
  enabled!: boolean;
  /** Made by a replay to a target of its own; it takes no events by itself while it is disabled. */
  for_replays!: boolean;
  /** Since when its deliveries are held; null while they are not. */
  paused_at!: string | null;
  /** Whether its deliveries are made one at a time, strictly as received. */
  ordered!: boolean;
  /** How often n8n is told to run an execution again that failed, by itself. */
  execution_retries!: number;
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
    filter: route.filter,
    target: targetOf(route),
    enabled: route.enabled,
    for_replays: route.forReplays,
    paused_at: route.pausedAt?.toISOString() ?? null,
    ordered: route.ordered,
    execution_retries: route.executionRetries,
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
