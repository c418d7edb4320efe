import { onDatabase } from '../support/scratch-server.ts';
import type { Receipts } from './receipts.ts';

export type DatabaseAddress = string | { host: string; user: string; database: string };

/** What became of the load, from the database and from the receiver. */
export interface Ledger {
  readonly acknowledged: number;
  readonly stored: number;
  readonly storedUnacknowledged: number;
  readonly delivered: number;
  readonly deliveredTwice: number;
  /** Acknowledged, and not in the database. */
  readonly lost: number;
  /** Acknowledged, and not with the receiver when the patience was over. */
  readonly undelivered: number;
  /** Deliveries that the database does not call delivered. */
  readonly open: number;
}

const LOOK_EVERY_MS = 500;

/** Waits until every stored event is delivered, or `patienceMs` is over, and then counts. */
export async function settle(
  database: DatabaseAddress,
  acknowledged: ReadonlySet<string>,
  receipts: Receipts,
  patienceMs: number,
  pause: (ms: number) => Promise<void>,
): Promise<Ledger> {
  const giveUpAt = Date.now() + patienceMs;
  let open = await openDeliveries(database);
  while (open > 0 && Date.now() < giveUpAt) {
    await pause(LOOK_EVERY_MS);
    open = await openDeliveries(database);
  }
  const stored = new Set(await eventIds(database));
  return {
    acknowledged: acknowledged.size,
    stored: stored.size,
    storedUnacknowledged: [...stored].filter((id) => !acknowledged.has(id)).length,
    delivered: receipts.size,
    deliveredTwice: receipts.repeated,
    lost: [...acknowledged].filter((id) => !stored.has(id)).length,
    undelivered: [...stored].filter((id) => !receipts.has(id)).length,
    open,
  };
}

async function eventIds(database: DatabaseAddress): Promise<string[]> {
  const { rows } = await onDatabase(database, (client) =>
    client.query<{ id: string }>('SELECT id FROM webhook_events'),
  );
  return rows.map(({ id }) => id);
}

/** Events without a delivery count as open too: each has one route. */
async function openDeliveries(database: DatabaseAddress): Promise<number> {
  const { rows } = await onDatabase(database, (client) =>
    client.query<{ open: number }>(`
      SELECT count(*)::int AS open FROM webhook_events e
      LEFT JOIN deliveries d ON d.tenant_id = e.tenant_id AND d.event_id = e.id
      WHERE d.status IS DISTINCT FROM 'accepted' AND d.status IS DISTINCT FROM 'succeeded'`),
  );
  return rows[0]?.open ?? 0;
}
