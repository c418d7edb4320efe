import { Column, Entity, PrimaryColumn } from 'typeorm';

export const DELIVERY_STATUSES = ['queued', 'delivered', 'held', 'dead'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

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

  @Column('timestamptz', { name: 'next_attempt_at', nullable: true })
  nextAttemptAt!: Date | null;

  /** What the last attempt came to, for people. */
  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'completed_at', nullable: true })
  completedAt!: Date | null;
}
