import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * How far a delivery came.
 *
 * - `queued`: it waits for its next attempt; `held`: it waits for something else, which costs it no attempt
 * - `accepted`: n8n took it; `running`, `succeeded`, `failed`, `unknown`: what is known of the execution it started
 * - `delivered`: its receiver took it, and there is nothing more to know
 * - `dead`: given up; `set_aside`: given up by hand
 */
export const DELIVERY_STATUSES = [
  'queued',
  'held',
  'accepted',
  'running',
  'succeeded',
  'failed',
  'unknown',
  'delivered',
  'dead',
  'set_aside',
] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** What is shown: `attempting` is a `queued` one whose attempt is being made. */
export const SHOWN_STATUSES = [...DELIVERY_STATUSES, 'attempting'] as const;
export type ShownStatus = (typeof SHOWN_STATUSES)[number];

export function shownStatus({ status, attemptingSince }: Delivery): ShownStatus {
  return status === 'queued' && attemptingSince !== null ? 'attempting' : status;
}

/** One event on its way to one target: along a route, or straight to an agent that subscribed to it. */
@Entity('deliveries')
export class Delivery {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'event_id' })
  eventId!: string;

  @Column('uuid', { name: 'route_id', nullable: true })
  routeId!: string | null;

  @Column('text', { name: 'agent_name', nullable: true })
  agentName!: string | null;

  @Column('text')
  status!: DeliveryStatus;

  /** Attempts that were made and recorded. */
  @Column('integer', { name: 'attempt_count' })
  attemptCount!: number;

  /** How many of them the target refused for good reason of its own. */
  @Column('integer', { name: 'rejection_count' })
  rejectionCount!: number;

  /** How many ended in a hold, and used up nothing of the schedule. */
  @Column('integer', { name: 'held_attempts' })
  heldAttempts!: number;

  /** What it waits for while it is held. */
  @Column('text', { name: 'held_for', nullable: true })
  heldFor!: string | null;

  /** Its place among those of an ordered route. */
  @Column('bigint', { nullable: true })
  position!: string | null;

  @Column('timestamptz', { name: 'attempting_since', nullable: true })
  attemptingSince!: Date | null;

  /** n8n's id of the execution that it led to last. */
  @Column('text', { name: 'execution_id', nullable: true })
  executionId!: string | null;

  /** When n8n is asked next what became of it. */
  @Column('timestamptz', { name: 'confirm_at', nullable: true })
  confirmAt!: Date | null;

  @Column('timestamptz', { name: 'next_attempt_at', nullable: true })
  nextAttemptAt!: Date | null;

  /** What the last attempt came to, for people. */
  @Column('text', { nullable: true })
  reason!: string | null;

  /** Why it was given up, in one word. */
  @Column('text', { nullable: true })
  cause!: string | null;

  /** The replay that it came of. */
  @Column('uuid', { name: 'replay_id', nullable: true })
  replayId!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'completed_at', nullable: true })
  completedAt!: Date | null;
}
