import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SecretCipher } from '../../database/secret.cipher';
import { withinAnswerTime } from '../../database/answer-time';
import type { SourceConfig } from '../source/source-config';
import { type OpenSecrets, openSecrets, type SealedSecrets, secretsInForce } from './endpoint.secrets';
import { ShortCache } from './short-cache';

/** What receiving needs to know of an endpoint. */
export interface ReceivingEndpoint {
  readonly tenantId: string;
  readonly id: string;
  readonly service: string;
  readonly config: SourceConfig;
  /** The current one first, then the previous one while it counts. */
  readonly secrets: readonly string[];
}

interface KnownEndpoint {
  readonly tenantId: string;
  readonly id: string;
  readonly service: string;
  readonly config: SourceConfig;
  readonly secrets: OpenSecrets;
}

interface EndpointRow extends SealedSecrets {
  tenantId: string;
  service: string;
  config: SourceConfig;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** How long another process's change may go unnoticed. */
const TTL_MS = 1_000;
const MAX_ENTRIES = 10_000;

/**
 * Finds the endpoint that a webhook was sent to. Asked for every one of them, so it remembers what it found for a
 * moment; the id is all a sender has, and it names the tenant.
 */
@Injectable()
export class EndpointDirectory {
  private readonly known = new ShortCache<KnownEndpoint | null>({
    ttlMs: TTL_MS,
    maxEntries: MAX_ENTRIES,
    now: () => performance.now(),
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly cipher: SecretCipher,
  ) {}

  /**
   * The endpoint with this id; null where there is none that receives: unknown, disabled, or of a tenant that is not
   * active. Throws what the database throws.
   */
  async find(id: string): Promise<ReceivingEndpoint | null> {
    const key = id.toLowerCase();
    if (!UUID.test(key)) return null;
    const endpoint = await this.known.get(key, () => withinAnswerTime(this.load(key)));
    return endpoint && { ...endpoint, secrets: secretsInForce(endpoint.secrets, new Date()) };
  }

  /** To be called after each committed change: in this process it then holds from the next request on. */
  invalidate(id: string): void {
    this.known.forget(id.toLowerCase());
  }

  /** As Mira's own login: until the endpoint is found there is no tenant whose rows to look into. */
  private async load(id: string): Promise<KnownEndpoint | null> {
    const [row]: EndpointRow[] = await this.dataSource.query(
      `SELECT e.tenant_id AS "tenantId", e.service, e.config, e.secret, e.previous_secret AS "previousSecret",
         e.previous_secret_expires_at AS "previousSecretExpiresAt"
       FROM webhook_endpoints e
       JOIN tenants t ON t.id = e.tenant_id AND t.active
       WHERE e.id = $1 AND e.enabled`,
      [id],
    );
    if (!row) return null;
    const { tenantId, service, config } = row;
    return { tenantId, id, service, config, secrets: openSecrets(this.cipher, { tenantId, id }, row) };
  }
}
