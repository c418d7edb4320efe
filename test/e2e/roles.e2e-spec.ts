import { DeliveryWorker } from '../../src/webhook/delivery/queue/delivery.worker';
import { startMira } from '../../src/mira';
import { welcome } from '../../src/welcome';
import { kinds, scratchDatabase } from '../support/databases';
import { aRouteTo, deliveriesOf } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { startTestMira, testConfig, type TestMira } from '../support/mira';
import { Receiver } from '../support/receiver';
import { signedAsGithub } from '../support/signed';

describe.each(kinds())('the roles of a process (%s database)', (kind) => {
  let receiver: Receiver;
  let mira: TestMira;
  let push: () => Promise<{ status: number; json: Record<string, unknown> }>;
  let path: string;
  let secret: string;
  beforeAll(async () => {
    receiver = await Receiver.start();
    mira = await startTestMira(kind, { MIRA_ROLE: 'api' });
    ({ push } = await aRouteTo(mira, receiver.url));
    ({ path, secret } = await mira.createEndpoint('github'));
  });
  afterAll(async () => {
    await mira?.stop();
    await receiver?.stop();
  });

  it('api receives and manages, and delivers nothing; worker delivers what it took', async () => {
    const { status, json } = await push();
    expect(status).toBe(202);
    expect(mira.mira.app.get(DeliveryWorker).state).toMatchObject({ running: false, underWay: 0 });
    expect(await deliveriesOf(mira, json['id'])).toMatchObject([{ status: 'queued', attempt_count: 0 }]);
    expect(receiver.calls).toEqual([]);

    await mira.restart({ MIRA_ROLE: 'worker' });
    await eventually(() => expect(receiver.calls).toHaveLength(1));
    const delivered = 'SELECT status FROM deliveries WHERE event_id = $1';
    await eventually(async () => expect(await mira.sql(delivered, [json['id']])).toEqual([{ status: 'accepted' }]));
  });

  it('worker answers its probes', async () => {
    await mira.restart({ MIRA_ROLE: 'worker' });
    for (const probe of ['/health', '/health/live', '/health/ready', '/metrics', '/metrics/prometheus', '/Health/']) {
      expect({ probe, status: (await mira.get(probe, { apiKey: null })).status }).toEqual({ probe, status: 200 });
    }
    const config = testConfig(mira.database, { MIRA_ROLE: 'worker' });
    expect(welcome(mira.mira, config)).not.toMatch(/docs|curl/);
  });

  it.each([
    ['GET', '/'],
    ['GET', '/docs'],
    ['GET', '/docs/openapi.json'],
    ['GET', '/docs-json'],
    ['GET', '/api/v1/events'],
    ['POST', '/api/v1/routes'],
    ['POST', '/API/V1/routes'],
    ['POST', '/webhook/n8n'],
    ['GET', '/healthy'],
    ['GET', '/health/../api/v1/events'],
    ['GET', '//api/v1/events'],
  ])('worker answers 404 to %s %s, whoever asks', async (method, address) => {
    for (const apiKey of [mira.apiKey, null]) {
      const { status, headers, json } = await mira.call(method, address, method === 'POST' ? '{}' : undefined, {
        apiKey,
        headers: { 'content-type': 'application/json' },
      });
      expect([status, headers.get('content-type')]).toEqual([404, 'application/problem+json']);
      expect(json).toMatchObject({ type: 'urn:mira:problem:not-found', detail: expect.stringContaining('delivers') });
    }
  });

  it('worker takes no webhook, however well it is signed', async () => {
    const before = await mira.rows();
    expect((await mira.send(path, '{}', signedAsGithub('{}', secret))).status).toBe(404);
    expect(await mira.rows()).toEqual(before);
  });
});

it('a worker that is the first to start leaves the first credentials to a process that can be asked with them', async () => {
  const database = await scratchDatabase('embedded');
  try {
    const worker = await startMira(testConfig(database, { MIRA_ROLE: 'worker' }), () => undefined);
    await worker.stop();
    expect(worker.firstCredentials).toBeNull();
    const all = await startMira(testConfig(database), () => undefined);
    await all.stop();
    expect(all.firstCredentials).not.toBeNull();
  } finally {
    await database.drop();
  }
});
