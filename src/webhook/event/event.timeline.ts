import type { AttemptSummary } from '../delivery/attempt/delivery-attempt.entity';
import type { Delivery } from '../delivery/delivery.entity';

export const TIMELINE_STEPS = [
  'received',
  'stored',
  'routed',
  'replayed',
  'attempted',
  'held',
  'execution_started',
  'execution_stopped',
  'ended',
] as const;
export type TimelineStep = (typeof TIMELINE_STEPS)[number];

/** Something that happened to an event. */
export interface TimelineEntry {
  readonly at: Date;
  readonly step: TimelineStep;
  readonly deliveryId: string | null;
  readonly detail: string | null;
  /** What it came to: an attempt's outcome, an execution's status, a delivery's status, what a hold waits for. */
  readonly outcome: string | null;
  readonly attempt: number | null;
  readonly executionId: string | null;
}

/** An execution that a delivery led to, as it is stored. */
export interface ExecutionRow {
  readonly deliveryId: string;
  readonly executionId: string;
  readonly how: string;
  readonly status: string;
  readonly startedAt: Date | null;
  readonly stoppedAt: Date | null;
  readonly error: string | null;
}

/** Why a delivery is held: what is on record of its route or of where that leads. */
export interface HoldRow {
  readonly deliveryId: string;
  readonly since: Date;
}

export interface TimelineRows {
  readonly receivedAt: Date;
  readonly bodyBytes: number;
  readonly deliveries: readonly Delivery[];
  readonly attempts: readonly AttemptSummary[];
  readonly executions: readonly ExecutionRow[];
  readonly holds: readonly HoldRow[];
}

/** All that is on record of an event, in the order of time; what happened at one moment stands in the order of steps. */
export function timelineOf(rows: TimelineRows): TimelineEntry[] {
  const { receivedAt, bodyBytes } = rows;
  const entries = [
    entry(receivedAt, 'received', { detail: `${bodyBytes} bytes` }),
    // The commit has no clock of its own: it came before the answer to the sender.
    entry(receivedAt, 'stored'),
    ...rows.deliveries.flatMap((delivery) => stepsOf(delivery, rows)),
    ...rows.attempts.map(attempted),
    ...rows.executions.flatMap(executed),
  ];
  return entries.toSorted((a, b) => a.at.getTime() - b.at.getTime() || orderOf(a) - orderOf(b));
}

function stepsOf(delivery: Delivery, { attempts, holds }: TimelineRows): TimelineEntry[] {
  const { id: deliveryId, routeId, agentName, replayId, status, heldFor, reason, createdAt, completedAt } = delivery;
  const goal = routeId === null ? `to the agent ${agentName}` : `along the route ${routeId}`;
  const steps = [
    replayId === null
      ? entry(createdAt, 'routed', { deliveryId, detail: goal })
      : entry(createdAt, 'replayed', { deliveryId, detail: `${goal}, by the replay ${replayId}` }),
  ];
  if (status === 'held') {
    const lastEnd = attempts
      .filter((attempt) => attempt.deliveryId === deliveryId)
      .map(endOf)
      .at(-1);
    const since = holds.find((hold) => hold.deliveryId === deliveryId)?.since;
    // A hold may be older than the delivery that came to it.
    const at = latest(createdAt, lastEnd, since);
    steps.push(entry(at, 'held', { deliveryId, outcome: heldFor, detail: reason }));
  }
  if (completedAt) steps.push(entry(completedAt, 'ended', { deliveryId, outcome: status, detail: reason }));
  return steps;
}

function attempted(attempt: AttemptSummary): TimelineEntry {
  const { deliveryId, number, outcome, reason, statusCode, durationMs } = attempt;
  const answer = statusCode === null ? 'no answer' : `answer ${statusCode}`;
  const detail = `${answer} after ${Math.round(durationMs)} ms${reason === null ? '' : `: ${reason}`}`;
  return entry(attempt.startedAt, 'attempted', { deliveryId, outcome, detail, attempt: number });
}

function executed({
  deliveryId,
  executionId,
  how,
  status,
  startedAt,
  stoppedAt,
  error,
}: ExecutionRow): TimelineEntry[] {
  const started = how === 'retry' ? 'by a retry of n8n' : 'by the webhook';
  return [
    ...(startedAt ? [entry(startedAt, 'execution_started', { deliveryId, executionId, detail: started })] : []),
    ...(stoppedAt
      ? [entry(stoppedAt, 'execution_stopped', { deliveryId, executionId, outcome: status, detail: error })]
      : []),
  ];
}

function entry(at: Date, step: TimelineStep, more: Partial<TimelineEntry> = {}): TimelineEntry {
  return { at, step, deliveryId: null, detail: null, outcome: null, attempt: null, executionId: null, ...more };
}

function endOf({ startedAt, durationMs }: AttemptSummary): Date {
  return new Date(startedAt.getTime() + durationMs);
}

function latest(...times: readonly (Date | undefined)[]): Date {
  return new Date(Math.max(...times.map((time) => time?.getTime() ?? 0)));
}

function orderOf({ step }: TimelineEntry): number {
  return TIMELINE_STEPS.indexOf(step);
}
