import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** Which events of a tenant go where. The columns of the target that its kind does not use are null. */
@Entity('routes')
export class Route {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  service!: string;

  /** Empty: all of the service's. */
  @Column('text', { name: 'event_types', array: true })
  eventTypes!: string[];

  /** A condition on payload and headers besides, in the language of `@mira/filter`. */
  @Column('text', { nullable: true })
  filter!: string | null;

  @Column('text', { name: 'target_kind' })
  targetKind!: 'n8n' | 'http' | 'agent';

  @Column('uuid', { name: 'integration_id', nullable: true })
  integrationId!: string | null;

  @Column('text', { name: 'workflow_id', nullable: true })
  workflowId!: string | null;

  @Column('text', { name: 'webhook_path', nullable: true })
  webhookPath!: string | null;

  @Column('text', { name: 'agent_name', nullable: true })
  agentName!: string | null;

  @Column('boolean')
  enabled!: boolean;

  /** Since when its deliveries are held; null while they are not. */
  @Column('timestamptz', { name: 'paused_at', nullable: true })
  pausedAt!: Date | null;

  /** Made for replays alone, to a target that no other route has: disabled, unless somebody enables it. */
  @Column('boolean', { name: 'for_replays', default: false })
  forReplays!: boolean;

  /** One delivery at a time, as received. */
  @Column('boolean')
  ordered!: boolean;

  /** How often n8n runs a failed execution again by itself. */
  @Column('integer', { name: 'execution_retries' })
  executionRetries!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
