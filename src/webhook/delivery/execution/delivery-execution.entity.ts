import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An execution of n8n that a delivery led to: the one that its request started, or one that n8n made of it again. */
@Entity('delivery_executions')
export class DeliveryExecution {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid', { name: 'delivery_id' })
  deliveryId!: string;

  /** 1 for the first. */
  @PrimaryColumn('integer')
  number!: number;

  @Column('text', { name: 'execution_id' })
  executionId!: string;

  /** `webhook`: by the request; `retry`: by n8n's own retry. */
  @Column('text')
  how!: 'webhook' | 'retry';

  /** In n8n's words. */
  @Column('text')
  status!: string;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'stopped_at', nullable: true })
  stoppedAt!: Date | null;

  /** What n8n says went wrong. */
  @Column('text', { nullable: true })
  error!: string | null;
}
