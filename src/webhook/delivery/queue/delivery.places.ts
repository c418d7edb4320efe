import { ATTEMPTS_PER_JOB } from './claimed-job';

/** The part of a process's places that one tenant may fill, so that there is always room for another. */
const TENANT_SHARE = 0.75;

/** How many jobs may be taken from the queue now, and whose may not. */
export interface Claimable {
  readonly jobs: number;
  readonly without: readonly string[];
}

/**
 * The places of a process: so many attempts are made at a time. A job may bring more attempts than there are places
 * left; these wait here, in their order, and are few, since no job is taken while no place is free.
 */
export class DeliveryPlaces {
  private readonly share: number;
  private readonly byTenant = new Map<string, number>();
  private readonly waiting: (() => void)[] = [];
  private taken = 0;

  constructor(private readonly total: number) {
    this.share = Math.max(1, Math.floor(total * TENANT_SHARE));
  }

  /** Attempts that have a place or wait for one. */
  get inUse(): number {
    return this.taken + this.waiting.length;
  }

  /**
   * What may be taken so that all of it has a place, or nearly: jobs are counted as full ones. A tenant that another
   * job could take beyond its share is left out; if that is so of all that wait, nothing is taken.
   */
  claimable(atMost = this.total): Claimable {
    const free = Math.min(this.total - this.inUse, atMost);
    if (free <= 0) return { jobs: 0, without: [] };
    const mostAllowed = Math.max(0, this.share - ATTEMPTS_PER_JOB);
    const without = [...this.byTenant].filter(([, count]) => count > mostAllowed).map(([tenantId]) => tenantId);
    const fullest = Math.max(0, ...[...this.byTenant.values()].filter((count) => count <= mostAllowed));
    const room = Math.floor((this.share - fullest) / ATTEMPTS_PER_JOB);
    return { jobs: Math.max(1, Math.min(Math.ceil(free / ATTEMPTS_PER_JOB), room)), without };
  }

  /** Runs `work` as soon as there is a place, first come first served. */
  async during<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
    this.byTenant.set(tenantId, (this.byTenant.get(tenantId) ?? 0) + 1);
    try {
      await this.take();
      try {
        return await work();
      } finally {
        this.pass();
      }
    } finally {
      const left = (this.byTenant.get(tenantId) ?? 1) - 1;
      if (left > 0) this.byTenant.set(tenantId, left);
      else this.byTenant.delete(tenantId);
    }
  }

  private async take(): Promise<void> {
    if (this.taken < this.total) this.taken++;
    else await new Promise<void>((turn) => this.waiting.push(turn));
  }

  private pass(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.taken--;
  }
}
