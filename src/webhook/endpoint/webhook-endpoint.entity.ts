import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { SourceConfig } from '../source/source-config';

/** An address of a tenant's own that one sender posts to. Never an answer by itself: it holds the secrets. */
@Entity('webhook_endpoints')
export class WebhookEndpoint {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  /** The name of the source that checks the proofs; it never changes. */
  @Column('text')
  service!: string;

  @Column('text')
  name!: string;

  @Column('boolean')
  enabled!: boolean;

  @Column('jsonb')
  config!: SourceConfig;

  /** Sealed, like the previous one. */
  @Column('bytea')
  secret!: Buffer;

  /** Also good until it expires; null where none was rotated out, or without a grace. */
  @Column('bytea', { name: 'previous_secret', nullable: true })
  previousSecret!: Buffer | null;

  @Column('timestamptz', { name: 'previous_secret_expires_at', nullable: true })
  previousSecretExpiresAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
