import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { EventPublisher, type InternalEvent } from '@mira/internal-event';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../database/tenant.database';
import { QuotaAllowance } from '../enterprise/plan/quota.allowance';
import { ConnectionTester } from './check/connection.tester';
import { N8nClient, type N8nPage } from './client/n8n.client';
import type { N8nReply } from './client/n8n.reply';
import type { N8nConnection } from './integration.connection';
import type { CreateIntegrationDto } from './integration.dto';
import type { IntegrationWithSecretView } from './integration-view.dto';
import { IntegrationService } from './integration.service';
import { listedWorkflow } from './listed-workflow';
import {
  type ConnectionTestView,
  connectionTestView,
  type ExecutionView,
  executionView,
  type SyncView,
  type TriggeredWorkflowView,
  triggeredView,
  type WorkflowPage,
} from './n8n-view.dto';
import type { ListWorkflowsQuery, SyncType } from './n8n.dto';
import { problemOfFailure } from './n8n.problem';
import { TenantCalls } from './tenant.calls';
import { WorkflowTrigger } from './trigger/workflow.trigger';
import { workflowIdFault } from './webhook-path';

/** What people do with an n8n that they connected: test it, see its workflows, start them, ask what became of them. */
@Injectable()
export class N8nService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly integrations: IntegrationService,
    private readonly client: N8nClient,
    private readonly tester: ConnectionTester,
    private readonly workflowTrigger: WorkflowTrigger,
    private readonly allowance: QuotaAllowance,
    private readonly publisher: EventPublisher,
    private readonly calls: TenantCalls,
    private readonly trail: AuditTrail,
  ) {}

  /** Keeps it and tests it. It is kept whatever the test finds: the answer says what to change. */
  async connect(
    who: Actor,
    creation: CreateIntegrationDto,
  ): Promise<IntegrationWithSecretView & { test: ConnectionTestView }> {
    const created = await this.integrations.create(who, creation);
    return Object.assign(created, { test: await this.test(who.tenantId, created.id) });
  }

  async test(tenantId: string, id: string): Promise<ConnectionTestView> {
    return connectionTestView(await this.tester.test(await this.connection(tenantId, id)));
  }

  /** @throws Problem `conflict` while routes lead to it */
  async disconnect(who: Actor, id: string): Promise<void> {
    await this.integrations.remove(who, id);
  }

  async listWorkflows(tenantId: string, id: string, { limit, cursor }: ListWorkflowsQuery): Promise<WorkflowPage> {
    const connection = await this.connection(tenantId, id);
    const reply = await this.calls.during(tenantId, () => this.workflows(connection, limit, cursor ?? null));
    if (reply.kind === 'fault') {
      const isCursorOfNobody = reply.fault === 'refused' && cursor !== undefined;
      if (isCursorOfNobody)
        throw problems.validationFailed([{ field: 'cursor', message: `is not taken by n8n: ${reply.detail}` }]);
      if (reply.fault !== 'too_large') throw problemOfFailure(reply);
      throw problemOfFailure({ ...reply, detail: `${reply.detail} Begin anew with a smaller limit.` });
    }
    const data = reply.value.data.map(listedWorkflow).filter((workflow) => workflow !== null);
    return { data, next_cursor: reply.value.nextCursor };
  }

  /**
   * Starts a workflow through its Webhook node, and waits for n8n's answer. `hops`: deliveries of Mira's that led to this,
   * so that workflows that start each other in a circle come to an end.
   */
  async triggerWorkflow(
    who: Actor,
    id: string,
    workflowId: string,
    what: { data: object; hops: number },
  ): Promise<TriggeredWorkflowView> {
    const connection = await this.connection(who.tenantId, id);
    return triggeredView(workflowId, await this.workflowTrigger.trigger(who, connection, workflowId, what));
  }

  /** What became of an execution; for one that failed, n8n is asked for its error too. */
  async getExecutionStatus(tenantId: string, id: string, executionId: string): Promise<ExecutionView> {
    const connection = await this.connection(tenantId, id);
    return this.calls.during(tenantId, async () => {
      const reply = await this.client.execution(connection, executionId);
      if (reply.kind === 'fault') throw problemOfFailure(reply);
      if (reply.value.status !== 'error') return executionView(reply.value);
      const whole = await this.client.execution(connection, executionId, { includeData: true });
      return executionView(whole.kind === 'ok' ? whole.value : reply.value);
    });
  }

  /** Tells n8n of something: as an event that routes carry on, or by starting a workflow. */
  async syncData(
    who: Actor,
    id: string,
    { type, data, hops }: { type: SyncType; data: Record<string, unknown>; hops: number },
  ): Promise<SyncView> {
    switch (type) {
      case 'project_events':
      case 'task_updates':
        return { event_id: await this.publish(who, id, { type, data, hops }), triggered: null };
      case 'workflow_trigger': {
        const { workflow_id: workflowId, ...rest } = data;
        if (typeof workflowId !== 'string' || workflowIdFault(workflowId) !== null) throw noWorkflowId();
        return { event_id: null, triggered: await this.triggerWorkflow(who, id, workflowId, { data: rest, hops }) };
      }
    }
  }

  /** Workflows may be large, and n8n keeps the size of the first page to the last: then the first one is to be smaller. */
  private async workflows(
    connection: N8nConnection,
    limit: number,
    cursor: string | null,
  ): Promise<N8nReply<N8nPage<object>>> {
    const reply = await this.client.workflows(connection, { limit, cursor });
    const isTooLarge = reply.kind === 'fault' && reply.fault === 'too_large';
    return isTooLarge && cursor === null && limit > 1 ? this.workflows(connection, Math.ceil(limit / 8), null) : reply;
  }

  /** Counts as a webhook of the day: it is no less work than one. */
  private async publish(who: Actor, id: string, event: InternalEvent): Promise<string> {
    const { tenantId } = who;
    return this.database.transaction(tenantId, async (manager) => {
      if ((await this.integrations.kindOf(manager, tenantId, id)) !== 'n8n') throw noIntegration();
      await this.allowance.takeWebhook(manager, tenantId);
      const eventId = await this.publisher.publish(manager, tenantId, event);
      await this.trail.record(
        manager,
        who,
        actsOn('integration').did('synced', id, { after: { type: event.type, event_id: eventId } }),
      );
      return eventId;
    });
  }

  private async connection(tenantId: string, id: string): Promise<N8nConnection> {
    const connection = await this.integrations.connection(tenantId, id);
    if (!connection) throw noIntegration();
    return connection;
  }
}

function noIntegration() {
  return problems.notFound('There is no such integration of kind n8n.');
}

function noWorkflowId() {
  return problems.validationFailed([{ field: 'data.workflow_id', message: 'must be the id of a workflow of the n8n' }]);
}
