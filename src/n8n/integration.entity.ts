import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** What an integration leads to: an n8n, or a receiver of any make that is posted to. */
export const INTEGRATION_KINDS = ['n8n', 'http'] as const;
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

  /** Of an n8n: without a slash at its end, maybe with a path. Of a receiver: the whole URL that is posted to. */
  @Column('text', { name: 'base_url' })
  baseUrl!: string;

  /** Sealed. Of an n8n; without one, workflows can be named by their webhook path only. */
  @Column('bytea', { name: 'api_key', nullable: true })
  apiKey!: Buffer | null;

  /** Sealed. What Mira signs with, so that the other side can tell that it is Mira who calls. */
  @Column('bytea', { name: 'signing_secret' })
  signingSecret!: Buffer;

  /** Sealed. The one before, which signs too until its time is over. */
  @Column('bytea', { name: 'previous_signing_secret', nullable: true })
  previousSigningSecret!: Buffer | null;

  @Column('timestamptz', { name: 'previous_signing_secret_expires_at', nullable: true })
  previousSigningSecretExpiresAt!: Date | null;

  /** Sealed. Of a receiver: what each request carries besides. */
  @Column('bytea', { nullable: true })
  headers!: Buffer | null;

  /** All that is shown of these headers, in lower case. */
  @Column('text', { name: 'header_names', array: true })
  headerNames!: string[];

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
