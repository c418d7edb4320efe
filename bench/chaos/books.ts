import type { Client } from 'pg';
import { onDatabase } from '../support/scratch-server.ts';
import type { Actor } from './scene.ts';
import { ENDED } from './verdict.ts';

/** What the database says of one tenant when all is settled. */
export interface Books {
  readonly stored: ReadonlySet<string>;
  /** The events of its deliveries, by how these stand; `held workflow_quota` where the plan has no more of them. */
  readonly deliveries: ReadonlyMap<string, readonly string[]>;
  readonly webhooksCounted: number;
  readonly workflowsCounted: number;
}

export function readBooks(databaseUrl: string, { tenantId }: Actor): Promise<Books> {
  return onDatabase(databaseUrl, async (client) => {
    const events = await client.query<{ id: string }>(
      `SELECT id::text FROM webhook_events WHERE tenant_id = $1 AND service <> 'mira'`,
      [tenantId],
    );
    const deliveries = await client.query<{ id: string; state: string }>(
      `SELECT event_id::text AS id, concat_ws(' ', status, held_for) AS state FROM deliveries WHERE tenant_id = $1`,
      [tenantId],
    );
    return {
      stored: new Set(events.rows.map(({ id }) => id)),
      deliveries: new Map(
        [...Map.groupBy(deliveries.rows, ({ state }) => state)].map(([state, rows]) => [
          state,
          rows.map(({ id }) => id),
        ]),
      ),
      webhooksCounted: await counted(client, tenantId, 'webhooks_received'),
      workflowsCounted: await counted(client, tenantId, 'workflows_executed'),
    };
  });
}

/** How many deliveries of these tenants are still to be made, whatever keeps them. */
export function openDeliveries(databaseUrl: string, actors: readonly Actor[]): Promise<number> {
  return onDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM deliveries
       WHERE tenant_id = ANY ($1) AND concat_ws(' ', status, held_for) <> ALL ($2)`,
      [actors.map(({ tenantId }) => tenantId), [...ENDED]],
    );
    return rows[0]?.open ?? 0;
  });
}

async function counted(client: Client, tenantId: string, metric: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count::int FROM usage_counters WHERE tenant_id = $1 AND metric = $2 AND period = 'total'`,
    [tenantId, metric],
  );
  return rows[0]?.count ?? 0;
}
