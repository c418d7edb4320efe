import { ApiProperty } from '@nestjs/swagger';
import {
  CHECK_STATUSES,
  type CheckName,
  CHECKS,
  type CheckStatus,
  type ConnectionCheck,
  type Scope,
  SCOPES,
} from './check/connection-check';
import type { ConnectionTest } from './check/connection.tester';
import { EXECUTION_STATUSES, type ExecutionStatus, type N8nExecution } from './client/execution';
import { IntegrationWithSecretView } from './integration-view.dto';
import type { TriggeredWorkflow } from './trigger/workflow.trigger';

export class ConnectionCheckView {
  @ApiProperty({ enum: CHECKS })
  name!: CheckName;
  @ApiProperty({ enum: CHECK_STATUSES })
  status!: CheckStatus;
  /** What was found, and where it failed what to change. */
  detail!: string;
}

/** What a test of an integration found. */
export class ConnectionTestView {
  /** Nothing failed; what could not be found out is no failure. */
  ok!: boolean;
  /** Null where n8n does not tell it. */
  version!: string | null;
  /** By how much n8n's clock is before Mira's; null where n8n told no time. It tells it to a second. */
  time_skew_ms!: number | null;
  /** What the API key may do, of what Mira does. */
  @ApiProperty({ enum: Object.keys(SCOPES), isArray: true })
  scopes!: Scope[];
  checks!: ConnectionCheckView[];
}

/** An integration that was just connected, with what a first test found. */
export class ConnectedIntegrationView extends IntegrationWithSecretView {
  test!: ConnectionTestView;
}

/** A workflow of the n8n. */
export class WorkflowView {
  id!: string;
  name!: string;
  active!: boolean;
  /** Whether Mira can start it. */
  triggerable!: boolean;
  /** Where it is called: what follows `/webhook/`. Null where it cannot be. */
  webhook_path!: string | null;
  /** Why it cannot be started, and what to change; null where it can. */
  reason!: string | null;
}

export class WorkflowPage {
  data!: WorkflowView[];
  next_cursor!: string | null;
}

export class WorkflowAnswerView {
  status_code!: number;
  /** The beginning of it, at most 4096 bytes, read as UTF-8. */
  body!: string;
}

/** A workflow that was started. */
export class TriggeredWorkflowView {
  /** Of this call; the workflow gets it as `x-mira-delivery-id` and `webhook-id`. */
  id!: string;
  workflow_id!: string;
  /** `accepted`: n8n took it. `failed`: it ran, and answered with its error. */
  @ApiProperty({ enum: ['accepted', 'failed'] })
  status!: 'accepted' | 'failed';
  /** Null where the workflow does not answer with it. */
  execution_id!: string | null;
  answer!: WorkflowAnswerView;
}

export class ExecutionView {
  id!: string;
  @ApiProperty({ enum: EXECUTION_STATUSES })
  status!: ExecutionStatus;
  workflow_id!: string | null;
  started_at!: string | null;
  stopped_at!: string | null;
  /** What n8n says went wrong, and in which node; null where nothing did. */
  error!: string | null;
}

/** What came of telling n8n: an event for the routes, or a workflow that was started. */
export class SyncView {
  /** Null where a workflow was started. */
  event_id!: string | null;
  /** Null where an event was made. */
  triggered!: TriggeredWorkflowView | null;
}

export function connectionTestView({ ok, version, clockAheadMs, scopes, checks }: ConnectionTest): ConnectionTestView {
  return { ok, version, time_skew_ms: clockAheadMs, scopes: [...scopes], checks: checks.map(checkView) };
}

function checkView({ name, status, detail }: ConnectionCheck): ConnectionCheckView {
  return { name, status, detail };
}

export function triggeredView(workflowId: string, triggered: TriggeredWorkflow): TriggeredWorkflowView {
  const { id, status, executionId, statusCode, body } = triggered;
  const answer = { status_code: statusCode, body: body.toString('utf8') };
  return { id, workflow_id: workflowId, status, execution_id: executionId, answer };
}

export function executionView({ id, status, workflowId, startedAt, stoppedAt, error }: N8nExecution): ExecutionView {
  return {
    id,
    status,
    workflow_id: workflowId,
    started_at: startedAt?.toISOString() ?? null,
    stopped_at: stoppedAt?.toISOString() ?? null,
    error,
  };
}
