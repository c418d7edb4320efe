import type { Tier } from '../../../tenant/tenant.entity';
import { ATTEMPTS_PER_JOB } from './claimed-job';

/** The part of a process's places that one tenant may fill, so that there is always room for another. */
const TENANT_SHARE = 0.75;

/** What a tier's tenants have of the places when there are not enough for all. */
const WEIGHTS: Readonly<Record<Tier, number>> = { basic: 1, professional: 2, enterprise: 4 };

/** How many jobs may be taken from the queue now, and whose may not. */
export interface Claim {
  readonly jobs: number;
  readonly without: readonly string[];
}

export interface Claimable extends Claim {
  /** What may be taken where nobody else had anything to be done; null where that is no more. */
  readonly otherwise: Claim | null;
}

interface Present {
  readonly weight: number;
  count: number;
}

/**
 * The places of a process: so many attempts are made at a time. A job may bring more attempts than there are places
 * left; these wait here, in their order, and are few, since no job is taken while no place is free. While tenants
 * contend each has its part by its tier; what the others do not need, one may have up to three quarters of all.
 */
export class DeliveryPlaces {
  private readonly share: number;
  private readonly byTenant = new Map<string, Present>();
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
   * job could take beyond its part is left out; if that is so of all that wait, there is what may be taken otherwise.
   */
  claimable(atMost = this.total): Claimable {
    const free = Math.min(this.total - this.inUse, atMost);
    if (free <= 0) return { jobs: 0, without: [], otherwise: null };
    const weights = [...this.byTenant.values()].reduce((sum, { weight }) => sum + weight, 0);
    const fairShare = ({ weight }: Present) => Math.min(this.share, Math.floor((this.total * weight) / weights));
    const fair = this.within(free, fairShare);
    const most = this.within(free, () => this.share);
    return { ...fair, otherwise: fair.without.length > most.without.length ? most : null };
  }

  /** Runs `work` as soon as there is a place, first come first served. */
  async during<T>(tenantId: string, tier: Tier, work: () => Promise<T>): Promise<T> {
    const present = this.byTenant.get(tenantId) ?? { weight: WEIGHTS[tier], count: 0 };
    present.count++;
    this.byTenant.set(tenantId, present);
    try {
      await this.take();
      try {
        return await work();
      } finally {
        this.pass();
      }
    } finally {
      if (--present.count === 0) this.byTenant.delete(tenantId);
    }
  }

  private within(free: number, shareOf: (tenant: Present) => number): Claim {
    const room = [...this.byTenant].map(([tenantId, present]) => {
      const share = shareOf(present);
      const isFull = present.count > Math.max(0, share - ATTEMPTS_PER_JOB);
      return { tenantId, isFull, jobs: Math.floor((share - present.count) / ATTEMPTS_PER_JOB) };
    });
    const without = room.filter(({ isFull }) => isFull).map(({ tenantId }) => tenantId);
    const ofOthers = room.filter(({ isFull }) => !isFull).map(({ jobs }) => jobs);
    const most = Math.min(Math.floor(this.share / ATTEMPTS_PER_JOB), ...ofOthers);
    return { jobs: Math.max(1, Math.min(Math.ceil(free / ATTEMPTS_PER_JOB), most)), without };
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
