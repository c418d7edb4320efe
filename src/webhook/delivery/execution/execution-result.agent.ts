import { Injectable } from '@nestjs/common';
import { Agent, type AgentEvent, type AgentResult } from '../../../agent/agent';
import { readExecutionResult } from './execution-result';
import { ExecutionReport, type Reported } from './execution.report';

/** Hears what a workflow says became of an execution. A delivery has one end, so it does no harm to hear of it twice. */
@Injectable()
export class ExecutionResultAgent extends Agent {
  readonly name = 'execution_result';
  readonly description = 'Ends the delivery that started an execution, by what n8n says of it.';
  override readonly subscriptions = [{ service: 'n8n', eventType: 'execution_result' }] as const;
  override readonly isStandard = true;
  override readonly permissions = ['webhook:configure'] as const;

  constructor(private readonly executions: ExecutionReport) {
    super();
  }

  /** A quick workflow tells of its end before the answer to its request is on record: then it is tried again. */
  async handle({ tenantId, eventId, attempt, payload }: AgentEvent): Promise<AgentResult> {
    const told = readExecutionResult(payload);
    if (told.kind === 'refused') return told;
    const reported = await this.executions.report(tenantId, eventId, told.execution);
    if (reported.kind === 'early' || (reported.kind === 'none' && attempt <= PATIENT_ATTEMPTS)) {
      throw new Error('the delivery of the execution is not on record yet');
    }
    return resultOf(reported);
  }
}

/** By then every answer is on record. */
const PATIENT_ATTEMPTS = 2;

function resultOf(reported: Exclude<Reported, { kind: 'early' }>): AgentResult {
  switch (reported.kind) {
    case 'noted':
      return { kind: 'done', detail: `Noted for delivery ${reported.deliveryId}.` };
    case 'asked':
      return { kind: 'done', detail: `n8n is asked whether it is so, for delivery ${reported.deliveryId}.` };
    case 'known':
      return { kind: 'done', detail: `Delivery ${reported.deliveryId} had ended before.` };
    case 'other':
      return { kind: 'done', detail: `Delivery ${reported.deliveryId} led to another execution.` };
    case 'closed':
      return { kind: 'done', detail: `Delivery ${reported.deliveryId} was ended without asking for its execution.` };
    case 'none':
      return { kind: 'refused', reason: 'Nothing was noted: no delivery is known to have led to this execution.' };
    case 'ambiguous':
      return {
        kind: 'refused',
        reason: 'Nothing was noted: several executions have this number; give data.delivery_id.',
      };
  }
}
