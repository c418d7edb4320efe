import { randomBytes } from 'node:crypto';
import { MiraApi } from '../support/mira-api.ts';
import { onDatabase } from '../support/scratch-server.ts';
import { fill } from '../trials/quota.trial.ts';
import type { Sending } from './load.ts';

/** Of the plan `basic`, a UTC day and a UTC month. */
const WEBHOOKS_A_DAY = 1_000;
const WORKFLOWS_A_MONTH = 100;
const WEBHOOKS_OVER = 60;

/** What a tenant may have, of which more is sent. */
export interface Limits {
  /** Stored before the load began. */
  readonly filled: number;
  readonly webhooksADay: number;
  readonly workflowsAMonth: number;
}

/** A tenant that webhooks are sent to, and how. */
export interface Actor {
  readonly name: string;
  readonly tenantId: string;
  /** Null where there are none. */
  readonly limits: Limits | null;
  readonly sending: Sending;
}

/** Tenants of their own for one round: two that may have all they get, and one that is near its limits. */
export async function setScene(
  api: MiraApi,
  { databaseUrl, n8nUrl, round, seconds }: { databaseUrl: string; n8nUrl: string; round: string; seconds: number },
): Promise<Actor[]> {
  const free = ['one', 'two'].map((name) => anActor(api, n8nUrl, `${round} ${name}`, 'enterprise'));
  const actors = (await Promise.all(free)).map(({ name, tenantId, path, secret }) => ({
    name,
    tenantId,
    limits: null,
    sending: { path, secret, senders: 8, everyMs: 120, atMost: null },
  }));
  const near = await anActor(api, n8nUrl, `${round} near its limits`, 'basic');
  // So many that the load reaches the limit, and some more, before it ends.
  const left = Math.min(400, Math.round(seconds * 6));
  const limits = { filled: WEBHOOKS_A_DAY - left, webhooksADay: WEBHOOKS_A_DAY, workflowsAMonth: WORKFLOWS_A_MONTH };
  await fill({ databaseUrl }, near.tenantId, await today(databaseUrl), limits.filled);
  const senders = 6;
  const everyMs = (seconds * 1_000 * senders) / (left + WEBHOOKS_OVER);
  const { name, tenantId, path, secret } = near;
  return [
    ...actors,
    { name, tenantId, limits, sending: { path, secret, senders, everyMs, atMost: left + WEBHOOKS_OVER } },
  ];
}

/** The day as the database counts it. */
export async function today(databaseUrl: string): Promise<string> {
  const { rows } = await onDatabase(databaseUrl, (client) =>
    client.query<{ day: string }>(`SELECT (now() AT TIME ZONE 'UTC')::date::text AS day`),
  );
  return rows[0]?.day ?? '';
}

async function anActor(api: MiraApi, n8nUrl: string, name: string, tier: string) {
  const secret = randomBytes(24).toString('hex');
  const tenant = await api.createTenant(tier, name);
  // Part of the larger plans only; the limits stay those of the tier.
  if (tier === 'basic') await tenant.agree('n8n_integration', { granted: true });
  const endpoint = await tenant.createEndpoint({ service: 'github', secret });
  const integrationId = await tenant.createN8n(n8nUrl);
  await tenant.createRoute({ service: 'github', eventTypes: ['push'], integrationId });
  if (tenant.tenantId === null) throw new Error('a tenant has no id');
  return { name, tenantId: tenant.tenantId, path: new URL(endpoint).pathname, secret };
}
