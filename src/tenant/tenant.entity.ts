import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

export const TIERS = ['basic', 'professional', 'enterprise'] as const;
export type Tier = (typeof TIERS)[number];

/** A customer. Everything that is somebody's carries the id of one. */
@Entity('tenants')
export class Tenant {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  tier!: Tier;

  @Column('boolean')
  active!: boolean;

  /** The tenant of the very first start; webhooks proved by `webhook.secret_key` are its own. At most one. */
  @Column('boolean', { name: 'is_default' })
  isDefault!: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
