import { Column, Entity, PrimaryColumn } from 'typeorm';

export const REPLAY_KINDS = ['replay', 'redrive'] as const;
export type ReplayKind = (typeof REPLAY_KINDS)[number];

/** `failed`: it cannot go on, and `failure` says why. */
export const REPLAY_STATES = ['running', 'done', 'cancelled', 'failed'] as const;
export type ReplayState = (typeof REPLAY_STATES)[number];

/** What is selected, as it was asked for. */
export type Selection = Readonly<Record<string, unknown>>;

/** Events that are delivered once more, or deliveries that are given another try, and how far that has come. */
@Entity('replays')
export class Replay {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  kind!: ReplayKind;

  @Column('jsonb')
  selection!: Selection;

  /** The route that events go along; null where they go along those that take them now. */
  @Column('uuid', { name: 'route_id', nullable: true })
  routeId!: string | null;

  @Column('integer', { name: 'rate_per_second' })
  ratePerSecond!: number;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('text')
  state!: ReplayState;

  @Column('text', { nullable: true })
  failure!: string | null;

  /** How many are selected; null where they are too many to be counted. */
  @Column('integer', { nullable: true })
  total!: number | null;

  /** How many of them were dealt with. */
  @Column('integer')
  processed!: number;

  /** Deliveries that came of it. */
  @Column('integer')
  created!: number;

  /** The last id that was dealt with. */
  @Column('uuid', { nullable: true })
  position!: string | null;

  /** What came later is none of its business. */
  @Column('uuid', { name: 'up_to' })
  upTo!: string;

  /** When the next delivery may start. */
  @Column('timestamptz', { name: 'next_start_at' })
  nextStartAt!: Date;

  /** How many of its steps have failed, one after the other. */
  @Column('integer', { name: 'failed_steps' })
  failedSteps!: number;

  @Column('uuid', { name: 'requested_by', nullable: true })
  requestedBy!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'completed_at', nullable: true })
  completedAt!: Date | null;
}
