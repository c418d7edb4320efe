import type { RoutingRule } from '../route/route.matcher';
import type { IncomingEvent } from './incoming-event';

/** A route as far as it decides where events go, and whether they keep their order there. */
export interface KnownRule extends RoutingRule {
  readonly ordered: boolean;
}

/** Of a group's tenants: the rules of each, and which version of its routes they are. */
export interface Routing {
  rulesOf(tenantId: string): readonly KnownRule[];
  readonly versions: readonly (readonly [tenantId: string, version: string])[];
}

/** A row of {@link routingOf}: a route, or that a tenant has none for these services. */
export interface RoutingRow {
  readonly tenant_id: string;
  readonly version: string;
  readonly id: string | null;
  readonly service: string;
  readonly event_types: string[];
  readonly filter: string | null;
  readonly ordered: boolean;
}

interface Known {
  readonly version: string;
  /** By service, also those without any. */
  readonly rules: Map<string, readonly KnownRule[]>;
}

/** So much is kept, and all of it forgotten with the next that comes: more than most installations have. */
const MAX_TENANTS = 5_000;
const MAX_RULES = 10_000;

/**
 * What this process read of tenants' routes when it last stored something for them, and which tenants had no limit then.
 * It may be out of date: who uses it has the database say in the same statement whether it holds.
 */
export class RoutingMemory {
  private readonly tenants = new Map<string, Known>();
  private kept = 0;

  /** What was read for these services. Tenants that have a limit are not kept: their groups ask the database anyway. */
  remember(rows: readonly RoutingRow[], services: readonly string[], hasLimit: (tenantId: string) => boolean): void {
    for (const [tenantId, ofTenant] of Map.groupBy(rows, (row) => row.tenant_id)) {
      const version = ofTenant[0]?.version ?? '';
      if (hasLimit(tenantId)) this.forget([tenantId]);
      else for (const service of services) this.keep(tenantId, version, service, rulesIn(ofTenant, service));
    }
  }

  /** Null where nothing is remembered of one of them. */
  recall(events: readonly IncomingEvent[]): Routing | null {
    const found = new Map<string, { version: string; rules: KnownRule[]; services: Set<string> }>();
    for (const { tenantId, service } of events) {
      const known = this.tenants.get(tenantId);
      const rules = known?.rules.get(service);
      if (!known || !rules) return null;
      const one = found.get(tenantId) ?? { version: known.version, rules: [], services: new Set() };
      found.set(tenantId, one);
      if (one.services.has(service)) continue;
      one.services.add(service);
      one.rules.push(...rules);
    }
    return routing(found);
  }

  forget(tenantIds: readonly string[]): void {
    for (const tenantId of tenantIds) {
      for (const rules of this.tenants.get(tenantId)?.rules.values() ?? []) this.kept -= rules.length;
      this.tenants.delete(tenantId);
    }
  }

  private keep(tenantId: string, version: string, service: string, rules: readonly KnownRule[]): void {
    if (this.tenants.get(tenantId)?.version !== version) this.forget([tenantId]);
    const replaced = this.tenants.get(tenantId)?.rules.get(service)?.length ?? 0;
    const isNew = !this.tenants.has(tenantId);
    if ((isNew && this.tenants.size >= MAX_TENANTS) || this.kept + rules.length - replaced > MAX_RULES) {
      this.forget([...this.tenants.keys()]);
    }
    const known = this.tenants.get(tenantId) ?? { version, rules: new Map<string, readonly KnownRule[]>() };
    this.kept += rules.length - (known.rules.get(service)?.length ?? 0);
    known.rules.set(service, rules);
    this.tenants.set(tenantId, known);
  }
}

/** What was read for a group just now. */
export function routingFrom(rows: readonly RoutingRow[]): Routing {
  return routing(
    new Map(
      [...Map.groupBy(rows, (row) => row.tenant_id)].map(([tenantId, ofTenant]) => [
        tenantId,
        { version: ofTenant[0]?.version ?? '', rules: rulesIn(ofTenant) },
      ]),
    ),
  );
}

/**
 * SQL without parameters for the routes of tenants, by service, with the version of all routes of each. Services come from
 * the registry of sources and are plain words; ids are checked by the transaction, which scopes itself to the same ones.
 */
export function routingOf(tenantIds: readonly string[], services: readonly string[]): string {
  for (const service of services) {
    if (!/^[a-z0-9_-]+$/.test(service)) throw new Error('a service is named in lower-case letters, digits, - and _');
  }
  return `SELECT t.id AS tenant_id, coalesce(v.version, 0)::text AS version, r.id, r.service, r.event_types, r.filter, r.ordered
    FROM tenants t
    LEFT JOIN route_versions v ON v.tenant_id = t.id
    LEFT JOIN routes r ON r.tenant_id = t.id AND r.enabled AND r.service IN (${quoted(services)})
    WHERE t.id IN (${quoted(tenantIds)})`;
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(', ');
}

function routing(found: ReadonlyMap<string, { version: string; rules: readonly KnownRule[] }>): Routing {
  return {
    rulesOf: (tenantId) => found.get(tenantId)?.rules ?? [],
    versions: [...found].map(([tenantId, { version }]) => [tenantId, version]),
  };
}

function rulesIn(rows: readonly RoutingRow[], service?: string): KnownRule[] {
  return rows.flatMap((row) =>
    row.id === null || (service !== undefined && row.service !== service)
      ? []
      : {
          id: row.id,
          tenantId: row.tenant_id,
          service: row.service,
          eventTypes: row.event_types,
          filter: row.filter,
          ordered: row.ordered,
        },
  );
}
