import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** What an integration leads to. The table has room for more kinds. */
export const INTEGRATION_KINDS = ['n8n'] as const;
export type IntegrationKind = (typeof INTEGRATION_KINDS)[number];

/** A system of the tenant's own that Mira delivers to. Its secrets are sealed. */
@Entity('integrations')
export class Integration {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  kind!: IntegrationKind;

  @Column('text')
  name!: string;

  /** Without a slash at its end; may have a path. */
  @Column('text', { name: 'base_url' })
  baseUrl!: string;

  /** Sealed. Without one, workflows can be named by their webhook path only. */
  @Column('bytea', { name: 'api_key', nullable: true })
  apiKey!: Buffer | null;

  /** Sealed. What Mira signs with, so that the other side can tell that it is Mira who calls. */
  @Column('bytea', { name: 'signing_secret' })
  signingSecret!: Buffer;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
