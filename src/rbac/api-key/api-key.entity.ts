import type { Permission } from '@mira/access';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A key of a user, known by its hash only. */
@Entity('api_keys')
export class ApiKey {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  @Column('text')
  name!: string;

  /** SHA-256 of the whole key: it has 190 random bits, so a slow hash would protect nothing more. */
  @Column('bytea', { name: 'key_hash' })
  keyHash!: Buffer;

  /** Null: all that its owner may do. */
  @Column('text', { array: true, nullable: true })
  permissions!: Permission[] | null;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  /** Null: from anywhere. */
  @Column('text', { name: 'allowed_networks', array: true, nullable: true })
  allowedNetworks!: string[] | null;

  /** Of the key before the last rotation, good until `previousExpiresAt`. */
  @Column('bytea', { name: 'previous_key_hash', nullable: true })
  previousKeyHash!: Buffer | null;

  @Column('timestamptz', { name: 'previous_expires_at', nullable: true })
  previousExpiresAt!: Date | null;

  /** Written at most once a minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
