import type { Bearing } from '../attempt/bearing';
import { IntegrationLimit } from './integration.limit';

/** An integration of which nothing was heard for longer is forgotten when there are many. */
const MAX_KNOWN = 5_000;

interface Waiting {
  readonly tenantId: string;
  readonly begin: (slot: Slot | null) => void;
  readonly timer: NodeJS.Timeout;
}

interface Integration {
  readonly limit: IntegrationLimit;
  taken: number;
  readonly waiting: Set<Waiting>;
}

/** Leave to make one attempt at an integration; to be given back with what came of it. */
export interface Slot {
  /** `bearing`: null where the attempt says nothing of how the integration is. */
  giveBack(routeId: string, bearing: Bearing | null, latencyMs: number): void;
}

/**
 * What each integration can take at a time, as this process sees it. Who finds no slot waits for one for a short time,
 * in the order of coming, without a place among the attempts under way.
 */
export class IntegrationSlots {
  private readonly integrations = new Map<string, Integration>();
  private readonly waitingByTenant = new Map<string, number>();

  constructor(
    private readonly most: number,
    private readonly waitMs: number,
  ) {}

  /** A slot, or null where none fell free in time. */
  async take(tenantId: string, integrationId: string): Promise<Slot | null> {
    const integration = this.known(integrationId);
    if (integration.taken < integration.limit.value && integration.waiting.size === 0) {
      return this.slotOf(integration);
    }
    this.count(tenantId, 1);
    try {
      return await new Promise<Slot | null>((begin) => {
        const timer = setTimeout(() => {
          integration.waiting.delete(one);
          begin(null);
        }, this.waitMs);
        const one: Waiting = { tenantId, begin, timer };
        integration.waiting.add(one);
      });
    } finally {
      this.count(tenantId, -1);
    }
  }

  /** Who waits for this integration, or for any, waits no longer and gets none. */
  sendAway(integrationId?: string): void {
    for (const [id, { waiting }] of this.integrations) {
      if (integrationId !== undefined && id !== integrationId) continue;
      for (const one of waiting) {
        clearTimeout(one.timer);
        one.begin(null);
      }
      waiting.clear();
    }
  }

  /** How many of a tenant's deliveries wait here. */
  waitingOf(tenantId: string): number {
    return this.waitingByTenant.get(tenantId) ?? 0;
  }

  /** Tenants of whom at least so many wait. */
  crowded(atLeast: number): string[] {
    return [...this.waitingByTenant].filter(([, count]) => count >= atLeast).map(([tenantId]) => tenantId);
  }

  get waiting(): number {
    return sum([...this.integrations.values()].map(({ waiting }) => waiting.size));
  }

  get taken(): number {
    return sum([...this.integrations.values()].map(({ taken }) => taken));
  }

  /** All limits together. */
  get allowed(): number {
    return sum([...this.integrations.values()].map(({ limit }) => limit.value));
  }

  private slotOf(integration: Integration): Slot {
    integration.taken++;
    return {
      giveBack: (routeId, bearing, latencyMs) => {
        const wasFull = integration.taken >= integration.limit.value;
        integration.taken--;
        if (bearing) integration.limit.answered(routeId, bearing, latencyMs, wasFull);
        this.letIn(integration);
      },
    };
  }

  private letIn(integration: Integration): void {
    for (const one of integration.waiting) {
      if (integration.taken >= integration.limit.value) return;
      integration.waiting.delete(one);
      clearTimeout(one.timer);
      one.begin(this.slotOf(integration));
    }
  }

  private known(integrationId: string): Integration {
    const known = this.integrations.get(integrationId);
    if (known) return known;
    if (this.integrations.size >= MAX_KNOWN) this.forgetIdle();
    const integration = { limit: new IntegrationLimit(this.most), taken: 0, waiting: new Set<Waiting>() };
    this.integrations.set(integrationId, integration);
    return integration;
  }

  private forgetIdle(): void {
    for (const [id, { taken, waiting }] of this.integrations) {
      if (taken === 0 && waiting.size === 0) this.integrations.delete(id);
    }
  }

  private count(tenantId: string, change: number): void {
    const count = this.waitingOf(tenantId) + change;
    if (count > 0) this.waitingByTenant.set(tenantId, count);
    else this.waitingByTenant.delete(tenantId);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
