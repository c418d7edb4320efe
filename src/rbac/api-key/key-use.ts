import { describeError } from '@mira/problem';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Statement } from '../../database/group.client';
import { TenantDatabase } from '../../database/tenant.database';

/** A key's use is written at most once in this time, in milliseconds. */
const ONCE_IN_MS = 60_000;
const FLUSH_EVERY_MS = 5_000;
/** More than any Mira has in use within a minute; beyond, uses go unnoted rather than memory without end. */
const MAX_KEYS = 100_000;

interface Use {
  readonly tenantId: string;
  readonly keyId: string;
  readonly at: Date;
}

/** Remembers which keys were used and writes that down now and then, away from the requests. */
@Injectable()
export class KeyUse implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(KeyUse.name);
  /** When a key's use was last noted, by the monotonic clock. */
  private readonly notedAt = new Map<string, number>();
  private pending: Use[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly database: TenantDatabase) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_EVERY_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  /** Called for every request by API key. */
  note(tenantId: string, keyId: string): void {
    const now = performance.now();
    const before = this.notedAt.get(keyId);
    if (before !== undefined && now - before < ONCE_IN_MS) return;
    if (before === undefined && this.notedAt.size >= MAX_KEYS) return;
    this.notedAt.set(keyId, now);
    this.pending.push({ tenantId, keyId, at: new Date() });
  }

  async flush(): Promise<void> {
    this.forgetIdle();
    const uses = this.pending;
    if (uses.length === 0) return;
    this.pending = [];
    const tenantIds = [...new Set(uses.map(({ tenantId }) => tenantId))];
    try {
      await this.database.pipeline(tenantIds, { timeoutMs: FLUSH_EVERY_MS }, (client) => client.commit([noting(uses)]));
    } catch (error) {
      this.logger.warn({ msg: 'could not note which API keys were used', err: describeError(error) });
    }
  }

  private forgetIdle(): void {
    const now = performance.now();
    for (const [keyId, at] of this.notedAt) if (now - at >= ONCE_IN_MS) this.notedAt.delete(keyId);
  }
}

function noting(uses: readonly Use[]): Statement {
  return {
    text: `UPDATE api_keys k SET last_used_at = used.at
           FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS used (tenant_id, id, at)
           WHERE k.tenant_id = used.tenant_id AND k.id = used.id
             AND (k.last_used_at IS NULL OR k.last_used_at < used.at)`,
    values: [uses.map(({ tenantId }) => tenantId), uses.map(({ keyId }) => keyId), uses.map(({ at }) => at)],
  };
}
