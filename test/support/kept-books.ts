import { AgentRegistry } from '../../src/agent/agent.registry';
import { newId } from '../../src/database/new-id';
import { HeldQuotas, MONTHLY_WORKFLOWS } from '../../src/enterprise/plan/held-quotas';
import { UsageClock } from '../../src/enterprise/usage/usage.clock';
import type { Outcome } from '../../src/webhook/delivery/attempt/outcome';
import { RouteOrder } from '../../src/webhook/delivery/hold/route.order';
import { WorkflowQuota } from '../../src/webhook/delivery/hold/workflow.quota';
import { ClaimedJob } from '../../src/webhook/delivery/queue/claimed-job';
import type { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { DedupKeys } from '../../src/webhook/ingest/dedup.keys';
import { EventWriter } from '../../src/webhook/ingest/event.writer';
import { readLedger } from '../../src/webhook/ledger/ledger.reader';
import { anAttemptRecorder } from './attempt-recorder';
import type { TestDatabase } from './databases';
import { anIncomingEvent } from './incoming-event';
import { plansOn } from './plans';

const DELIVERED: Outcome = { kind: 'delivered', reason: null };
const RETRY: Outcome = { kind: 'retry', at: new Date(Date.now() + 60_000), reason: 'no', rejected: false };
const DEAD: Outcome = { kind: 'dead', cause: 'gone', reason: 'no', rejected: false };

/** Tenants to whom things happen as they do in the program, and what their books say of it. */
export class KeptBooks {
  readonly clock = new UsageClock();
  private readonly writer: EventWriter;

  constructor(
    private readonly database: TestDatabase,
    private readonly queue: DeliveryQueue,
  ) {
    const { dataSource, tenants } = database;
    const [order, dedupKeys] = [new RouteOrder(queue), new DedupKeys(dataSource, tenants)];
    this.writer = new EventWriter(tenants, new AgentRegistry(), queue, order, dedupKeys, this.clock);
  }

  sql(text: string, values: unknown[] = []) {
    return this.database.dataSource.query(text, values);
  }

  read(only: string | null, withIntegrations = true) {
    return readLedger(this.database.dataSource, { only, withIntegrations });
  }

  async gapsOf(tenantId: string) {
    return (await this.read(tenantId)).gaps.map(({ check, expected, found, of }) => ({ check, expected, found, of }));
  }

  /** With an integration, and a route to a workflow of it. */
  async aTenant(tier: string, overrides: Record<string, number> = {}): Promise<string> {
    const [id, integrationId] = [newId(), newId()];
    await this.sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', $2)`, [id, tier]);
    for (const [name, max] of Object.entries(overrides)) {
      await this.sql('INSERT INTO plan_overrides (tenant_id, name, max) VALUES ($1, $2, $3)', [id, name, max]);
    }
    await this.sql(
      `INSERT INTO integrations (tenant_id, id, kind, name, base_url, signing_secret)
       VALUES ($1, $2, 'n8n', 'N', 'http://n8n', '\\x00')`,
      [id, integrationId],
    );
    await this.database.tenants.transaction(id, (manager) =>
      plansOn(this.database).usage.level(manager, id, 'integrations_active', 1),
    );
    await this.sql(
      `INSERT INTO routes (tenant_id, id, name, service, target_kind, integration_id, workflow_id)
       VALUES ($1, $2, 'r', 'github', 'n8n', $3, 'w')`,
      [id, newId(), integrationId],
    );
    return id;
  }

  receive(events: Parameters<EventWriter['write']>[0]) {
    return this.writer.write(events);
  }

  events(tenant: string, count: number, more: object = {}) {
    return Array.from({ length: count }, () => anIncomingEvent({ tenantId: tenant, ...more }));
  }

  async deliveryIds(tenant: string): Promise<string[]> {
    const rows: { id: string }[] = await this.sql('SELECT id FROM deliveries WHERE tenant_id = $1 ORDER BY id', [
      tenant,
    ]);
    return rows.map(({ id }) => id);
  }

  /** As a worker does it: takes the places of the first attempts, makes an attempt, records it. */
  async attempt(tenant: string, deliveryId: string, number: number, outcome: Outcome): Promise<void> {
    const quota = new WorkflowQuota(this.database.dataSource, this.queue, this.clock);
    const options = { preamble: quota.holding([tenant]), timeoutMs: 30_000 };
    const job = new ClaimedJob(tenant, [deliveryId], number, { id: newId(), retryCount: 0 });
    await this.database.tenants.groupTransaction([tenant], options, (client, held) =>
      quota.reserve(client, new HeldQuotas(MONTHLY_WORKFLOWS, held), [job]),
    );
    await anAttemptRecorder(this.database, this.queue, { clock: this.clock }).record({
      job,
      deliveryId,
      isWorkflow: true,
      startedAt: new Date(),
      durationMs: 5,
      outcome,
      statusCode: 200,
      responseHeaders: null,
      responseBody: null,
      orderedRouteId: null,
      isProbe: false,
      opens: null,
    });
  }

  /** Five received of which one is delivered, one retried, one dead and two wait; two more are refused. */
  async aHistory(tier: string): Promise<string> {
    const id = await this.aTenant(tier, tier === 'enterprise' ? {} : { max_webhooks_per_day: 5 });
    await this.receive([...this.events(id, 3), ...this.events(id, 1, { dedupKey: 'k' })]);
    await this.receive([...this.events(id, 1, { dedupKey: 'k' }), ...this.events(id, tier === 'enterprise' ? 1 : 3)]);
    const [first = '', second = '', third = ''] = await this.deliveryIds(id);
    await this.attempt(id, first, 1, DELIVERED);
    await this.attempt(id, second, 1, RETRY);
    await this.attempt(id, second, 2, DELIVERED);
    await this.attempt(id, third, 1, RETRY);
    await this.attempt(id, third, 2, DEAD);
    return id;
  }
}
