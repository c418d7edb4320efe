import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';

/** Calls of n8n's API that wait for people of one tenant, in one process. */
const AT_ONCE = 8;

/**
 * Keeps a tenant from having all of a process wait for, and read, what its n8n answers: somebody has to wait for the
 * answer to each of these calls, so that more of them at a time are turned away.
 */
@Injectable()
export class TenantCalls {
  private readonly underWay = new Map<string, number>();

  /** @throws Problem `rate-limit-exceeded` where the tenant has too many already */
  async during<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
    const before = this.underWay.get(tenantId) ?? 0;
    if (before >= AT_ONCE) throw problems.rateLimitExceeded(1);
    this.underWay.set(tenantId, before + 1);
    try {
      return await work();
    } finally {
      const left = (this.underWay.get(tenantId) ?? 1) - 1;
      if (left > 0) this.underWay.set(tenantId, left);
      else this.underWay.delete(tenantId);
    }
  }
}
