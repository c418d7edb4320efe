import { ApiProperty } from '@nestjs/swagger';
import { DEAD_CAUSES } from './attempt/dead-cause';
import type { DeliveryExecution } from './execution/delivery-execution.entity';
import type { DeliveryAttempt } from './attempt/delivery-attempt.entity';
import { type Delivery, SHOWN_STATUSES, type ShownStatus, shownStatus } from './delivery.entity';
import { HELD_FOR } from './hold/hold-reason';

/** A delivery as it is listed. */
export class DeliveryView {
  id!: string;
  event_id!: string;
  /** The route it goes along; null where an agent subscribed to the event. */
  route_id!: string | null;
  /** The agent that subscribed to the event; null where it goes along a route. */
  agent!: string | null;
  @ApiProperty({ enum: SHOWN_STATUSES })
  status!: ShownStatus;
  /** What it waits for while it is `held`; else null. */
  @ApiProperty({ enum: HELD_FOR, nullable: true })
  held_for!: string | null;
  attempt_count!: number;
  /** How many of these ended in a hold: they count for nothing in the schedule. */
  held_attempts!: number;
  /** Its place among those of an ordered route; else null. */
  position!: number | null;
  /** Since when its attempt is being made; null while none is. */
  attempting_since!: string | null;
  /** n8n's id of the execution that it led to last; null where it is not known, or there is none. */
  execution_id!: string | null;
  /** When n8n is asked next what became of it, or is to run it once more; null where neither will be. */
  confirm_at!: string | null;
  /** Null where none is to come. */
  next_attempt_at!: string | null;
  /** What the last attempt came to. */
  reason!: string | null;
  /** Why it was given up, in one word that stays the same; null where it was not. */
  @ApiProperty({ enum: DEAD_CAUSES, nullable: true })
  cause!: string | null;
  /** The replay that it came of; null where it came with the event. */
  replay_id!: string | null;
  created_at!: string;
  completed_at!: string | null;
}

/**
 * One attempt and what came back; all of the response is null where there was none. Of attempts in a row that ended in a
 * hold, the last alone keeps its headers and body.
 */
export class DeliveryAttemptView {
  /** 1 for the first. */
  number!: number;
  started_at!: string;
  duration_ms!: number;
  /** `delivered`, `retry`, `held` or `dead`. */
  outcome!: string;
  reason!: string | null;
  status_code!: number | null;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, nullable: true })
  response_headers!: Record<string, string> | null;
  /** The beginning of the body, read as UTF-8; what is none is shown as U+FFFD. */
  response_body!: string | null;
  /** How many bytes of it were kept: at most 4096. */
  response_body_bytes!: number | null;
}

/** An execution of n8n that it led to. */
export class DeliveryExecutionView {
  /** 1 for the first. */
  number!: number;
  execution_id!: string;
  /** `webhook`: its request started it; `retry`: n8n ran the one before once more. */
  how!: string;
  /** In n8n's words: `new`, `running`, `waiting`, `success`, `error`, `crashed`, `canceled` or `unknown`. */
  status!: string;
  started_at!: string | null;
  stopped_at!: string | null;
  error!: string | null;
}

/** One delivery with its attempts and executions, first to last. */
export class DeliveryDetailView extends DeliveryView {
  /** The last hundred; `attempt_count` says how many there were. */
  attempts!: DeliveryAttemptView[];
  executions!: DeliveryExecutionView[];
}

export class DeliveryPage {
  data!: DeliveryView[];
  next_cursor!: string | null;
}

export function deliveryView(delivery: Delivery): DeliveryView {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    route_id: delivery.routeId,
    agent: delivery.agentName,
    status: shownStatus(delivery),
    held_for: delivery.heldFor,
    attempt_count: delivery.attemptCount,
    held_attempts: delivery.heldAttempts,
    position: delivery.position === null ? null : Number(delivery.position),
    attempting_since: delivery.attemptingSince?.toISOString() ?? null,
    execution_id: delivery.executionId,
    confirm_at: delivery.confirmAt?.toISOString() ?? null,
    next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
    reason: delivery.reason,
    cause: delivery.cause,
    replay_id: delivery.replayId,
    created_at: delivery.createdAt.toISOString(),
    completed_at: delivery.completedAt?.toISOString() ?? null,
  };
}

export function deliveryDetailView(
  delivery: Delivery,
  attempts: readonly DeliveryAttempt[],
  executions: readonly DeliveryExecution[],
): DeliveryDetailView {
  return Object.assign(deliveryView(delivery), {
    attempts: attempts.map(attemptView),
    executions: executions.map(executionView),
  });
}

function executionView(execution: DeliveryExecution): DeliveryExecutionView {
  return {
    number: execution.number,
    execution_id: execution.executionId,
    how: execution.how,
    status: execution.status,
    started_at: execution.startedAt?.toISOString() ?? null,
    stopped_at: execution.stoppedAt?.toISOString() ?? null,
    error: execution.error,
  };
}

function attemptView(attempt: DeliveryAttempt): DeliveryAttemptView {
  return {
    number: attempt.number,
    started_at: attempt.startedAt.toISOString(),
    duration_ms: attempt.durationMs,
    outcome: attempt.outcome,
    reason: attempt.reason,
    status_code: attempt.statusCode,
    response_headers: attempt.responseHeaders,
    response_body: attempt.responseBody?.toString('utf8') ?? null,
    response_body_bytes: attempt.responseBody?.length ?? null,
  };
}
