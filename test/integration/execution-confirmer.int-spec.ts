import { AddressPolicy, OutboundClient } from '@mira/outbound';
import { MiraConfig } from '../../src/config/mira.config';
import { newId } from '../../src/database/new-id';
import { BenchmarkRegistry } from '@mira/benchmark';
import { MetricsService } from '../../src/metrics/metrics.service';
import { N8nClient } from '../../src/n8n/client/n8n.client';
import { sealApiKey, sealSigningSecret } from '../../src/n8n/integration.connection';
import { ExecutionAsker } from '../../src/webhook/delivery/execution/execution.asker';
import { ExecutionConfirmer } from '../../src/webhook/delivery/execution/execution.confirmer';
import { ExecutionFinder } from '../../src/webhook/delivery/execution/execution.finder';
import { ExecutionRepository } from '../../src/webhook/delivery/execution/execution.repository';
import { ExecutionRetrier } from '../../src/webhook/delivery/execution/execution.retrier';
import { describeOnEachDatabase } from '../support/databases';
import { eventually } from '../support/eventually';
import { aWebhookNode, FakeN8n, type FakeExecution } from '../support/fake-n8n';

interface Given {
  readonly status?: string;
  readonly executionId?: string | null;
  readonly workflowId?: string;
  readonly routeId?: string;
}

describeOnEachDatabase('the confirmer of executions', (database) => {
  let outbound: OutboundClient;
  let n8n: FakeN8n;
  let sut: ExecutionConfirmer;
  let executions: ExecutionRepository;
  let tenantId: string;

  const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);

  beforeEach(async () => {
    await sql('TRUNCATE deliveries, delivery_executions');
    outbound = new OutboundClient(new AddressPolicy(['127.0.0.0/8']));
    n8n = await FakeN8n.start();
    const { dataSource, tenants, cipher } = database();
    const client = new N8nClient(outbound);
    executions = new ExecutionRepository(dataSource, tenants);
    const asker = new ExecutionAsker(cipher, client, executions, new ExecutionFinder(), new ExecutionRetrier());
    const config = new MiraConfig();
    sut = new ExecutionConfirmer(config, executions, asker, new MetricsService(config, new BenchmarkRegistry()));
    tenantId = await aTenant();
  });
  afterEach(async () => {
    await outbound.close(0);
    await n8n.stop();
  });

  async function aTenant(): Promise<string> {
    const id = newId();
    await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [id]);
    return id;
  }

  async function anIntegration(of = n8n, owner = tenantId): Promise<string> {
    const [id, { cipher }] = [newId(), database()];
    const key = { tenantId: owner, id };
    await sql(
      `INSERT INTO integrations (tenant_id, id, kind, name, base_url, api_key, signing_secret)
       VALUES ($1, $2, 'n8n', $2::uuid::text, $3, $4, $5)`,
      [owner, id, of.url, sealApiKey(cipher, key, of.apiKey), sealSigningSecret(cipher, key, 'whsec_x')],
    );
    return id;
  }

  async function aRoute(integrationId: string): Promise<string> {
    const id = newId();
    await sql(
      `INSERT INTO routes (tenant_id, id, name, service, target_kind, integration_id, webhook_path, execution_retries)
       VALUES ($1, $2, $2::uuid::text, 'github', 'n8n', $3, 'x', 1)`,
      [tenantId, id, integrationId],
    );
    return id;
  }

  async function aDelivery(
    integrationId: string | null,
    { status = 'accepted', executionId = null, workflowId, routeId = newId() }: Given = {},
    owner = tenantId,
  ): Promise<string> {
    const id = newId();
    await sql(
      `INSERT INTO deliveries (tenant_id, id, event_id, route_id, status, attempt_count, execution_id,
         execution_integration_id, execution_workflow_id, confirm_at, created_at)
       VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, now(), now())`,
      [owner, id, newId(), routeId, status, executionId, integrationId, workflowId ?? null],
    );
    return id;
  }

  async function row(id: string): Promise<Record<string, unknown>> {
    const [found] = await sql('SELECT * FROM deliveries WHERE id = $1', [id]);
    return found;
  }

  const statusOf = async (id: string) => (await row(id))['status'];
  const isDue = (id: string) => sql('UPDATE deliveries SET confirm_at = now() WHERE id = $1', [id]);
  const posts = (of = n8n) => of.apiCalls.filter(({ method }) => method === 'POST');

  it('asks the n8n that took the request, wherever its route leads by now', async () => {
    const other = await FakeN8n.start();
    try {
      const workflow = n8n.addWorkflow({ run: 'error' });
      other.execute(other.addWorkflow({ run: 'error' }), {});
      const routeId = await aRoute(await anIntegration(other));
      const integration = await anIntegration();
      const found = await aDelivery(integration, { routeId });
      n8n.execute(workflow, { 'x-mira-delivery-id': found });
      const failed = await aDelivery(integration, { routeId, status: 'failed', executionId: '1' });
      await sut.confirm();
      expect(await row(found)).toMatchObject({ status: 'failed', execution_id: '1' });
      expect(await row(failed)).toMatchObject({ status: 'running', execution_id: '2' });
      expect(other.apiCalls).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  it('has nothing run again that is of another workflow now', async () => {
    n8n.execute(n8n.addWorkflow({ run: 'error' }), {});
    const id = await aDelivery(await anIntegration(), { status: 'failed', executionId: '1', workflowId: 'w' });
    await sut.confirm();
    expect(await row(id)).toMatchObject({
      status: 'failed',
      confirm_at: null,
      reason: expect.stringMatching(/of another workflow/),
    });
    expect(posts()).toEqual([]);
  });

  it('gives each of many that are due a part of its time', async () => {
    const [many, one] = [await anIntegration(), await anIntegration()];
    for (let count = 0; count < 12; count++) await aDelivery(many);
    const last = await aDelivery(one);
    const share = { integrations: 4, ofEach: 5, ofTenant: 4, without: [] };
    const groups = await executions.claim(share);
    expect(groups.map(({ integrationId, open }) => [integrationId, open.length])).toEqual([
      [many, 5],
      [one, 1],
    ]);
    expect(groups[1]?.open[0]?.deliveryId).toBe(last);
    const without = [{ integrationId: many, tenantId }];
    expect(await executions.claim({ ...share, without })).toEqual([]);
    expect(await executions.claim({ ...share, ofTenant: 1, without: [{ integrationId: one, tenantId }] })).toEqual([]);
    expect((await executions.claim(share)).map(({ open }) => open.length)).toEqual([5]);
  });

  it('takes those of a tenant with many n8ns no sooner than the only one of another', async () => {
    for (let count = 0; count < 3; count++) await aDelivery(await anIntegration());
    const other = await aTenant();
    const theirs = await anIntegration(n8n, other);
    await aDelivery(theirs, {}, other);
    const groups = await executions.claim({ integrations: 2, ofEach: 5, ofTenant: 4, without: [] });
    expect(groups.map(({ integrationId }) => integrationId)).toContain(theirs);
  });

  it('finds by the route who took a delivery of which that is not on record', async () => {
    const id = await aDelivery(null, { routeId: await aRoute(await anIntegration()) });
    n8n.execute(n8n.addWorkflow(), { 'x-mira-delivery-id': id });
    await sut.confirm();
    await sut.confirm();
    expect(await statusOf(id)).toBe('succeeded');
  });

  it('lets nobody wait for an n8n that does not answer', async () => {
    const slow = await FakeN8n.start();
    slow.mode = 'hang';
    await aDelivery(await anIntegration(slow));
    const waiting = sut.confirm();
    try {
      const id = await aDelivery(await anIntegration());
      n8n.execute(n8n.addWorkflow(), { 'x-mira-delivery-id': id });
      await eventually(async () => {
        await sut['run']();
        expect(await statusOf(id)).toBe('succeeded');
      });
    } finally {
      await slow.stop();
      await waiting;
    }
  });

  it('says so where the key cannot be read, and goes on with the others', async () => {
    const [unreadable, good] = [await anIntegration(), await anIntegration()];
    await sql(`UPDATE integrations SET api_key = '\\x01' WHERE id = $1`, [unreadable]);
    const ids = [await aDelivery(unreadable), await aDelivery(unreadable, { status: 'failed', executionId: '9' })];
    const id = await aDelivery(good);
    n8n.execute(n8n.addWorkflow(), { 'x-mira-delivery-id': id });
    await sut.confirm();
    expect(await statusOf(id)).toBe('succeeded');
    for (const one of ids) expect(await row(one)).toMatchObject({ reason: expect.stringMatching(/cannot be read/) });
  });

  it('says of those whose integration is gone that nobody can be asked', async () => {
    const ids = [await aDelivery(newId()), await aDelivery(newId(), { status: 'failed', executionId: '1' })];
    await sut.confirm();
    expect(await Promise.all(ids.map(statusOf))).toEqual(['unknown', 'failed']);
    for (const id of ids) expect(await row(id)).toMatchObject({ confirm_at: null, completed_at: expect.any(Date) });
  });

  describe('of one that failed and is to run once more', () => {
    async function failed(): Promise<string> {
      const workflow = n8n.addWorkflow({ run: 'error', nodes: [aWebhookNode({ path: 'x' })] });
      n8n.execute(workflow, {});
      workflow.run = 'running';
      const given = { status: 'failed', executionId: '1', workflowId: workflow.id };
      return aDelivery(await anIntegration(), given);
    }

    function execution(n: number): FakeExecution {
      const found = n8n.executions[n];
      if (!found) throw new Error('there is no such execution');
      return found;
    }

    const wasTold = (id: string, agoSeconds: number) =>
      sql(
        `UPDATE deliveries SET execution_retry_since = now() - $2 * interval '1 second',
           execution_told_at = now() - $2 * interval '1 second' WHERE id = $1`,
        [id, agoSeconds],
      );

    it('notes that n8n is told, and tells it once', async () => {
      const id = await failed();
      const confirming = sut.confirm();
      await eventually(() => expect(n8n.executions).toHaveLength(2));
      expect(await row(id)).toMatchObject({ execution_told_at: expect.any(Date), status: 'failed' });
      n8n.end(execution(1), 'success');
      await confirming;
      expect(await row(id)).toMatchObject({ status: 'running', execution_id: '2' });
      await isDue(id);
      await sut.confirm();
      expect(await statusOf(id)).toBe('succeeded');
      expect(posts()).toHaveLength(1);
    });

    it('only looks where n8n was told before, and gives up after a while', async () => {
      const id = await failed();
      await wasTold(id, 30);
      await sut.confirm();
      expect(await row(id)).toMatchObject({ status: 'failed', reason: expect.stringMatching(/is to run once more/) });
      await wasTold(id, 121);
      await isDue(id);
      await sut.confirm();
      expect(await row(id)).toMatchObject({ confirm_at: null, reason: expect.stringMatching(/but did not/) });
      expect(posts()).toEqual([]);
    });

    it('takes what n8n has begun, whoever told it', async () => {
      const id = await failed();
      void n8n.runAgain(execution(0));
      await sut.confirm();
      expect(await row(id)).toMatchObject({ status: 'running', execution_id: '2' });
      expect(posts()).toEqual([]);
    });

    it('waits for an hour for a key that may, and has told nobody', async () => {
      const id = await failed();
      n8n.scopes = new Set(['execution:list', 'execution:read']);
      await sut.confirm();
      expect(await row(id)).toMatchObject({
        execution_told_at: null,
        reason: expect.stringMatching(/lacks the scope/),
      });
      await sql(`UPDATE deliveries SET execution_retry_since = now() - interval '1 hour' WHERE id = $1`, [id]);
      await isDue(id);
      await sut.confirm();
      expect(await row(id)).toMatchObject({ status: 'failed', confirm_at: null, completed_at: expect.any(Date) });
    });

    it('leaves it to whoever took it meanwhile', async () => {
      const id = await failed();
      const [group] = await executions.claim({ integrations: 1, ofEach: 1, ofTenant: 1, without: [] });
      const [one] = group?.open ?? [];
      await isDue(id);
      await executions.claim({ integrations: 1, ofEach: 1, ofTenant: 1, without: [] });
      expect(one && (await executions.tell(tenantId, one))).toBe(false);
    });
  });
});
