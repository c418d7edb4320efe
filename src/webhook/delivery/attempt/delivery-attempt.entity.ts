import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One attempt of a delivery and what came back. Written by the worker; of several holds in a row the last alone keeps its answer. */
@Entity('delivery_attempts')
export class DeliveryAttempt {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid', { name: 'delivery_id' })
  deliveryId!: string;

  /** 1 for the first. */
  @PrimaryColumn('integer')
  number!: number;

  @Column('timestamptz', { name: 'started_at' })
  startedAt!: Date;

  @Column('double precision', { name: 'duration_ms' })
  durationMs!: number;

  @Column('text')
  outcome!: string;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('integer', { name: 'status_code', nullable: true })
  statusCode!: number | null;

  @Column('jsonb', { name: 'response_headers', nullable: true })
  responseHeaders!: Record<string, string> | null;

  /** The beginning of it: at most 4096 bytes are kept. */
  @Column('bytea', { name: 'response_body', nullable: true })
  responseBody!: Buffer | null;
}

/** One without what came back. */
export type AttemptSummary = Omit<DeliveryAttempt, 'responseHeaders' | 'responseBody'>;
