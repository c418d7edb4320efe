import { newId } from '../../src/database/new-id';
import { ExecutionResultAgent } from '../../src/webhook/delivery/execution/execution-result.agent';
import { ExecutionReport } from '../../src/webhook/delivery/execution/execution.report';
import { anAgentEvent } from '../support/agent-event';
import { describeOnEachDatabase } from '../support/databases';

interface Row {
  status: string;
  execution_id: string | null;
  reason: string | null;
  confirm_at: Date | null;
  completed_at: Date | null;
}

describeOnEachDatabase('what n8n tells of executions', (database) => {
  let sut: ExecutionResultAgent;
  let tenantId: string;

  const sql = (text: string, values: unknown[]) => database().dataSource.query(text, values);

  async function aTenant(): Promise<string> {
    const id = newId();
    await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'basic')`, [id]);
    return id;
  }

  async function anEventRow(headers: object = {}, of = tenantId): Promise<string> {
    const id = newId();
    await sql(
      `INSERT INTO webhook_events (tenant_id, id, service, headers, body, received_at)
       VALUES ($1, $2, 'n8n', $3, '', now())`,
      [of, id, headers],
    );
    return id;
  }

  async function aDelivery(status: string, executionId: string | null = null, of = tenantId): Promise<string> {
    const [id, eventId] = [newId(), await anEventRow({}, of)];
    await sql(
      `INSERT INTO deliveries (tenant_id, id, event_id, route_id, status, execution_id, confirm_at, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, now(), now())`,
      [of, id, eventId, newId(), status, executionId],
    );
    return id;
  }

  const rowOf = async (id: string): Promise<Row> => {
    const [row]: Row[] = await sql(
      'SELECT status, execution_id, reason, confirm_at, completed_at FROM deliveries WHERE id = $1',
      [id],
    );
    if (!row) throw new Error('no such delivery');
    return row;
  };

  async function report(data: object, { attempt = 1, headers = {} } = {}) {
    const eventId = await anEventRow(headers);
    return sut.handle(anAgentEvent({ tenantId, eventId, attempt }, { workflow_type: 'execution_result', data }));
  }

  beforeAll(() => {
    sut = new ExecutionResultAgent(new ExecutionReport(database().tenants));
  });
  beforeEach(async () => {
    tenantId = await aTenant();
  });

  it.each(['accepted', 'running', 'unknown'])('ends a delivery that is %s', async (status) => {
    const id = await aDelivery(status);
    const result = await report({ execution_id: '17', status: 'success', delivery_id: id });
    expect(result).toEqual({ kind: 'done', detail: `Noted for delivery ${id}.` });
    expect(await rowOf(id)).toEqual({
      status: 'succeeded',
      execution_id: '17',
      reason: null,
      confirm_at: null,
      completed_at: expect.any(Date),
    });
  });

  it('keeps the words of a failure', async () => {
    const id = await aDelivery('running', '17');
    await report({ execution_id: '17', status: 'error', error: { message: 'No such\ncolumn' } });
    expect(await rowOf(id)).toMatchObject({ status: 'failed', reason: 'No such column' });
  });

  it('keeps the execution, once, and as the one that it is known for', async () => {
    const [first, second] = [await aDelivery('running', '17'), await aDelivery('running', '19')];
    await sql(
      `INSERT INTO delivery_executions (tenant_id, delivery_id, number, execution_id, how, status)
       VALUES ($1, $2, 1, '18', 'webhook', 'error'), ($1, $2, 2, '19', 'retry', 'running')`,
      [tenantId, second],
    );
    await report({ execution_id: '17', status: 'error', error: 'no such column' });
    await report({ execution_id: '19', status: 'success' });
    const executionsOf = (id: string) =>
      sql(
        'SELECT number, execution_id, how, status, error FROM delivery_executions WHERE delivery_id = $1 ORDER BY number',
        [id],
      );
    expect(await executionsOf(first)).toEqual([
      { number: 1, execution_id: '17', how: 'webhook', status: 'error', error: 'no such column' },
    ]);
    expect(await executionsOf(second)).toMatchObject([
      { number: 1, execution_id: '18' },
      { number: 2, execution_id: '19', how: 'retry', status: 'success' },
    ]);
  });

  async function anIntegration(apiKey: Buffer | null): Promise<string> {
    const id = newId();
    await sql(
      `INSERT INTO integrations (tenant_id, id, kind, name, base_url, api_key, signing_secret)
       VALUES ($1, $2, 'n8n', 'i', 'http://127.0.0.1', $3, '\\x00')`,
      [tenantId, id, apiKey],
    );
    return id;
  }

  const ranAt = (id: string, integrationId: string, workflowId: string | null = null) =>
    sql('UPDATE deliveries SET execution_integration_id = $2, execution_workflow_id = $3 WHERE id = $1', [
      id,
      integrationId,
      workflowId,
    ]);

  it.each(['accepted', 'unknown'])('has n8n asked at once where there is a key, of one that is %s', async (status) => {
    const id = await aDelivery(status);
    await ranAt(id, await anIntegration(Buffer.of(1)));
    await sql(`UPDATE deliveries SET confirm_at = now() + interval '1 hour', completed_at = now() WHERE id = $1`, [id]);
    const result = await report({ execution_id: '17', status: 'error', delivery_id: id });
    expect(result).toMatchObject({ kind: 'done', detail: expect.stringMatching(/asked whether it is so/) });
    const row = await rowOf(id);
    expect(row).toMatchObject({ status: expect.stringMatching(/accepted|running/), execution_id: '17' });
    expect(row.completed_at).toBeNull();
    expect(row.confirm_at?.getTime()).toBeLessThan(Date.now() + 60_000);
  });

  it('takes its word where there is no key to ask with', async () => {
    const id = await aDelivery('running', '17');
    await ranAt(id, await anIntegration(null));
    await report({ execution_id: '17', status: 'error' });
    expect(await rowOf(id)).toMatchObject({ status: 'failed', confirm_at: null, completed_at: expect.any(Date) });
  });

  it('changes nothing of a delivery that another workflow took', async () => {
    const id = await aDelivery('accepted');
    await ranAt(id, await anIntegration(null), 'mine');
    const data = { execution_id: '17', status: 'success', delivery_id: id };
    expect(await report({ ...data, workflow_id: 'another' })).toMatchObject({
      detail: expect.stringMatching(/another execution/),
    });
    expect((await rowOf(id)).status).toBe('accepted');
    await report({ ...data, workflow_id: 'mine' });
    expect((await rowOf(id)).status).toBe('succeeded');
  });

  it('finds the delivery by the header that went out with it', async () => {
    const id = await aDelivery('accepted');
    await report({ execution_id: '17', status: 'success' }, { headers: { 'x-mira-delivery-id': id } });
    expect((await rowOf(id)).status).toBe('succeeded');
  });

  it('passes over a header that is no id', async () => {
    const id = await aDelivery('running', '17');
    await report({ execution_id: '17', status: 'success' }, { headers: { 'x-mira-delivery-id': '-'.repeat(36) } });
    expect((await rowOf(id)).status).toBe('succeeded');
  });

  it('changes nothing of what has ended, however often it is told', async () => {
    const id = await aDelivery('running', '17');
    await report({ execution_id: '17', status: 'error' });
    const before = await rowOf(id);
    expect(await report({ execution_id: '17', status: 'success' })).toMatchObject({
      detail: expect.stringMatching(/before/),
    });
    expect(await rowOf(id)).toEqual(before);
  });

  it('changes nothing of a delivery that led to another execution since', async () => {
    const id = await aDelivery('running', '18');
    const result = await report({ execution_id: '17', status: 'error', delivery_id: id });
    expect(result).toMatchObject({ kind: 'done', detail: expect.stringMatching(/another execution/) });
    expect((await rowOf(id)).status).toBe('running');
  });

  it('is tried again while the attempt is not on record', async () => {
    const id = await aDelivery('queued');
    await expect(report({ execution_id: '17', status: 'success', delivery_id: id })).rejects.toThrow('not on record');
    await expect(report({ execution_id: '17', status: 'success' }, { attempt: 2 })).rejects.toThrow('not on record');
    expect(await report({ execution_id: '17', status: 'success' }, { attempt: 3 })).toMatchObject({ kind: 'refused' });
  });

  it('leaves alone what was given up', async () => {
    const id = await aDelivery('dead');
    expect(await report({ execution_id: '17', status: 'success', delivery_id: id })).toMatchObject({ kind: 'done' });
    expect((await rowOf(id)).status).toBe('dead');
  });

  it('asks for the delivery where two integrations count alike', async () => {
    await aDelivery('running', '17');
    await aDelivery('running', '17');
    const result = await report({ execution_id: '17', status: 'success' });
    expect(result).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/give data\.delivery_id/) });
  });

  it('reaches nothing of another tenant', async () => {
    const id = await aDelivery('running', '17', await aTenant());
    const result = await report({ execution_id: '17', status: 'success', delivery_id: id }, { attempt: 3 });
    expect(result).toMatchObject({ kind: 'refused' });
    expect((await rowOf(id)).status).toBe('running');
  });
});
