import { principalOf } from '@mira/access';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { RequestHandler } from 'express';
import { MiraConfig } from '../../config/mira.config';
import { Upkeep } from '../../database/upkeep';
import { UsageService } from './usage.service';

/**
 * Counts management requests, in memory, and writes what came together every few seconds: no request costs a write.
 * A process that is killed loses the last seconds of it, which no limit depends on.
 */
@Injectable()
export class ApiCalls extends Upkeep implements OnApplicationShutdown {
  protected readonly everyMs = 5_000;
  private counts = new Map<string, number>();

  constructor(
    private readonly usage: UsageService,
    private readonly config: MiraConfig,
  ) {
    super();
  }

  /** Counts each request of somebody known, when it is over. */
  get counting(): RequestHandler {
    return (request, response, next) => {
      response.once('close', () => {
        const tenantId = principalOf(request)?.tenantId;
        if (tenantId !== undefined) this.count(tenantId);
      });
      next();
    };
  }

  count(tenantId: string): void {
    if (this.config.enterprise.usage_tracking) this.add(tenantId, 1);
  }

  /** Writes what was counted. What cannot be written is kept for the next time. */
  async flush(): Promise<void> {
    const counts = this.counts;
    this.counts = new Map();
    for (const [tenantId, count] of counts) {
      try {
        await this.usage.recordUsage(tenantId, 'api_calls', count);
        counts.delete(tenantId);
      } catch (error) {
        for (const [left, much] of counts) this.add(left, much);
        throw error;
      }
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.flush().catch(() => undefined);
  }

  protected run(): Promise<void> {
    return this.flush();
  }

  private add(tenantId: string, count: number): void {
    this.counts.set(tenantId, (this.counts.get(tenantId) ?? 0) + count);
  }
}
