import type { DataSource, EntityManager } from 'typeorm';
import { type Check, type CounterSums, type Gap, gapOf, gapsOfSums, type Ledger, type TenantLedger } from './ledger';
import {
  COUNTERS,
  DEDUP_KEYS,
  DELETED_TENANTS,
  DELIVERIES,
  EVENTS,
  INTEGRATIONS,
  queuedWithoutJob,
  QUEUE_TABLE,
  REMOVALS,
  TENANTS,
} from './ledger.sql';

interface OfTenant {
  readonly tenant_id: string;
}
interface CounterRow extends OfTenant, CounterSums {
  readonly metric: string;
}
interface EventRow extends OfTenant {
  readonly stored: number;
  readonly own_events: number;
  readonly routed: number;
  readonly deliveries: number;
  readonly replayed: number;
  readonly misrouted: number;
  readonly misrouted_ids: string[];
  readonly missing: number;
  readonly missing_ids: string[];
}
interface DeliveryRow extends OfTenant {
  readonly attempts: number;
  readonly workflows: number;
  readonly miscounted: number;
  readonly miscounted_ids: string[];
  readonly contradicted: number;
  readonly contradicted_ids: string[];
  readonly missing: number;
  readonly missing_ids: string[];
}
interface RemovalRow extends OfTenant {
  readonly stored: number;
  readonly workflows: number;
}
interface WrongRow extends OfTenant {
  readonly wrong: number;
  readonly ids: string[];
}

/** What the database says, table by table, as of one moment. */
interface Books {
  readonly tenants: readonly (OfTenant & { readonly name: string })[];
  readonly counters: readonly CounterRow[];
  readonly events: readonly EventRow[];
  readonly deliveries: readonly DeliveryRow[];
  readonly integrations: readonly (OfTenant & { readonly integrations: number })[];
  readonly jobless: readonly WrongRow[];
  readonly removals: readonly RemovalRow[];
  readonly unfounded: readonly WrongRow[];
}

const NO_SUMS: CounterSums = { total: 0, by_day: 0, by_month: 0 };
const NO_EVENTS = { stored: 0, own_events: 0, routed: 0, deliveries: 0, replayed: 0 };
const NO_DELIVERIES = { attempts: 0, workflows: 0 };
const NO_REMOVALS = { stored: 0, workflows: 0 };

/**
 * Reads the books of one tenant or of all, and what does not agree in them. All of it in one snapshot that changes
 * nothing and locks nothing, so that Mira may go on meanwhile.
 *
 * @param withIntegrations false where usage is not tracked: how many integrations there are is not counted then
 */
export async function readLedger(
  dataSource: DataSource,
  { only, withIntegrations }: { only: string | null; withIntegrations: boolean },
): Promise<Ledger> {
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    await manager.query('SET TRANSACTION READ ONLY');
    const [moment]: { at: Date }[] = await manager.query('SELECT now() AS at');
    if (!moment) throw new Error('the database did not say what time it is');
    const books = await readBooks(manager, only);
    const tenants = tenantLedgers(books);
    const known = new Set(tenants.map(({ tenant_id: id }) => id));
    const gaps = [
      ...tenants.flatMap((tenant) => gapsOfSums(tenant, { withIntegrations })),
      ...gapsOfRows(books).filter(({ tenant_id: id }) => known.has(id)),
    ];
    return { at: moment.at, tenants, gaps };
  });
}

async function readBooks(manager: EntityManager, only: string | null): Promise<Books> {
  const gone: OfTenant[] = await manager.query(DELETED_TENANTS);
  const deleted = new Set(gone.map(({ tenant_id: id }) => id));
  const [queue]: { name: string | null }[] = await manager.query(QUEUE_TABLE);
  const ask = async <Row extends OfTenant>(statement: string): Promise<Row[]> => {
    const rows: Row[] = await manager.query(statement, [only]);
    return rows.filter(({ tenant_id: id }) => !deleted.has(id));
  };
  return {
    tenants: await ask(TENANTS),
    counters: await ask(COUNTERS),
    events: await ask(EVENTS),
    deliveries: await ask(DELIVERIES),
    integrations: await ask(INTEGRATIONS),
    removals: await ask(REMOVALS),
    jobless: await ask(queuedWithoutJob(queue?.name !== null)),
    unfounded: await ask(DEDUP_KEYS),
  };
}

/** Of every tenant that there is, and of those that only rows tell of. */
function tenantLedgers(books: Books): TenantLedger[] {
  const names = new Map<string, string | null>(books.tenants.map(({ tenant_id: id, name }) => [id, name]));
  for (const rows of [books.counters, books.events, books.deliveries, books.integrations, books.unfounded]) {
    for (const { tenant_id: id } of rows) if (!names.has(id)) names.set(id, null);
  }
  const counters = new Map(books.counters.map((row) => [`${row.tenant_id} ${row.metric}`, row]));
  const events = byTenant(books.events);
  const deliveries = byTenant(books.deliveries);
  const removals = byTenant(books.removals);
  const integrations = byTenant(books.integrations);
  return [...names].map(([id, name]) => {
    const sumsOf = (metric: string): CounterSums => {
      const { total, by_day, by_month } = counters.get(`${id} ${metric}`) ?? NO_SUMS;
      return { total, by_day, by_month };
    };
    const [taken, refused] = [sumsOf('webhooks_received'), sumsOf('webhooks_refused')];
    const { stored, own_events, routed, deliveries: given, replayed } = events.get(id) ?? NO_EVENTS;
    const removed = removals.get(id) ?? NO_REMOVALS;
    const { attempts, workflows } = deliveries.get(id) ?? NO_DELIVERIES;
    return {
      tenant_id: id,
      name,
      received: taken.total + refused.total,
      stored,
      refused: refused.total,
      removed: { stored: removed.stored, workflows: removed.workflows },
      own_events,
      routed,
      deliveries: given,
      replayed,
      attempts,
      workflows,
      integrations: integrations.get(id)?.integrations ?? 0,
      usage: {
        webhooks_received: taken,
        webhooks_refused: refused,
        events_synced: sumsOf('events_synced'),
        workflows_executed: sumsOf('workflows_executed'),
        workflows_triggered: sumsOf('workflows_triggered'),
        integrations_active: counters.get(`${id} integrations_active`)?.total ?? null,
      },
    };
  });
}

function byTenant<Row extends OfTenant>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.tenant_id, row]));
}

/** Each names how many rows are wrong, where there should be none, and the first of them. */
function gapsOfRows({ events, deliveries, jobless, unfounded }: Books): Gap[] {
  const wrong = (check: Check, tenantId: string, count: number, ids: readonly string[]): Gap[] =>
    count === 0 ? [] : [gapOf(tenantId, check, 0, count, ids)];
  return [
    ...events.flatMap((row) => wrong('routed', row.tenant_id, row.misrouted, row.misrouted_ids)),
    ...events.flatMap((row) => wrong('event_missing', row.tenant_id, row.missing, row.missing_ids)),
    ...deliveries.flatMap((row) => wrong('attempts', row.tenant_id, row.miscounted, row.miscounted_ids)),
    ...deliveries.flatMap((row) => wrong('delivery_missing', row.tenant_id, row.missing, row.missing_ids)),
    ...deliveries.flatMap((row) => wrong('status', row.tenant_id, row.contradicted, row.contradicted_ids)),
    ...jobless.flatMap((row) => wrong('queued_without_job', row.tenant_id, row.wrong, row.ids)),
    ...unfounded.flatMap((row) => wrong('dedup_key', row.tenant_id, row.wrong, row.ids)),
  ];
}
