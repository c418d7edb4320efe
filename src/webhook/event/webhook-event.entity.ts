import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A webhook that was taken, as it came. Rows are written in groups by the ingest and never changed. */
@Entity('webhook_events')
export class WebhookEvent {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** Null where it came in by an API key or the shared secret; else it may name an endpoint that is deleted since. */
  @Column('uuid', { name: 'endpoint_id', nullable: true })
  endpointId!: string | null;

  @Column('text')
  service!: string;

  @Column('text', { name: 'event_type', nullable: true })
  eventType!: string | null;

  @Column('text', { name: 'dedup_key', nullable: true })
  dedupKey!: string | null;

  @Column('text', { name: 'content_type', nullable: true })
  contentType!: string | null;

  /** By lower-case name, without those that carry credentials. */
  @Column('jsonb')
  headers!: Record<string, string>;

  /** The exact bytes. */
  @Column('bytea')
  body!: Buffer;

  @Column('text', { name: 'trace_parent', nullable: true })
  traceParent!: string | null;

  @Column('timestamptz', { name: 'received_at' })
  receivedAt!: Date;
}
