import { newId } from '../../src/database/new-id';
import { eventually } from '../support/eventually';
import { describeMira } from '../support/mira';
import { signedAsGithub } from '../support/signed';

const body = '{"ref":"refs/heads/main"}';

function fieldsOf({ errors }: Record<string, unknown>): string[] {
  if (!Array.isArray(errors)) return [];
  return [...new Set(errors.map(({ field }: { field: string }) => field))];
}

describeMira('managing webhooks', (mira) => {
  const patch = (path: string, changes: unknown) =>
    mira().call('PATCH', path, JSON.stringify(changes), { headers: { 'content-type': 'application/json' } });

  /** Each of its own: the same bytes under another id would be a replay. */
  let pushes = 0;
  function push(path: string, secret: string) {
    pushes += 1;
    const sent = JSON.stringify({ pushes });
    return mira().send(path, sent, signedAsGithub(sent, secret));
  }

  async function anEvent(sent = body, headers: Record<string, string> = {}): Promise<string> {
    const { path, secret } = await mira().createEndpoint('github');
    const answer = await mira().send(path, sent, { ...signedAsGithub(sent, secret), ...headers });
    expect(answer.status).toBe(202);
    return String(answer.json['id']);
  }

  async function aDelivery(): Promise<{ id: string; status: string }> {
    const answer = await mira().post('/webhook/n8n', { workflow_type: 'project_initialization', data: {} });
    return eventually(async () => {
      const { json } = await mira().get(`/api/v1/deliveries?event_id=${String(answer.json['id'])}`);
      expect(json).toMatchObject({ data: [{ status: 'dead' }], next_cursor: null });
      return (json['data'] as { id: string; status: string }[])[0] as { id: string; status: string };
    });
  }

  it('shows the address of an endpoint always, and its secret once', async () => {
    const wanted = { service: 'github', name: 'Ours', secret: 'a good secret' };
    const made = await mira().post('/api/v1/webhook-endpoints', wanted);
    expect(made.status).toBe(201);
    const { secret, ...shown } = made.json;
    expect(secret).toBe('a good secret');
    const id = String(made.json['id']);
    expect(shown).toMatchObject({ url: `${mira().url}/webhook/github/${id}`, enabled: true, config: {} });
    expect((await mira().get(`/api/v1/webhook-endpoints/${id}`)).json).toEqual(shown);
    expect((await mira().get('/api/v1/webhook-endpoints?limit=1')).json).toMatchObject({ data: [shown] });
    const changed = await patch(`/api/v1/webhook-endpoints/${id}`, { name: 'Theirs' });
    expect(changed.json).toMatchObject({ ...shown, name: 'Theirs', updated_at: expect.any(String) });
    expect(changed.json).not.toHaveProperty('secret');
  });

  it('lets an endpoint take the old secret beside the new one, as long as the rotation says', async () => {
    const { id, path, secret: first } = await mira().createEndpoint('github');
    const rotate = async (wanted: object) =>
      (await mira().post(`/api/v1/webhook-endpoints/${id}/rotate-secret`, wanted)).json;

    const rotated = await rotate({});
    const second = String(rotated['secret']);
    expect(Date.parse(String(rotated['previous_secret_expires_at'])) - Date.now()).toBeGreaterThan(86_000_000);
    expect((await push(path, first)).status).toBe(202);
    expect((await push(path, second)).status).toBe(202);

    const third = String((await rotate({ grace_seconds: 0 }))['secret']);
    expect((await push(path, third)).status).toBe(202);
    for (const old of [first, second]) expect((await push(path, old)).status).toBe(403);
  });

  it('closes an endpoint that is disabled or deleted from the next webhook on, and keeps what it received', async () => {
    const { id, path, secret } = await mira().createEndpoint('github');
    const { json } = await push(path, secret);
    await patch(`/api/v1/webhook-endpoints/${id}`, { enabled: false });
    expect((await push(path, secret)).status).toBe(404);
    await patch(`/api/v1/webhook-endpoints/${id}`, { enabled: true });
    expect((await push(path, secret)).status).toBe(202);
    expect((await mira().call('DELETE', `/api/v1/webhook-endpoints/${id}`)).status).toBe(204);
    expect((await push(path, secret)).status).toBe(404);
    expect((await mira().get(`/api/v1/events/${String(json['id'])}`)).json).toMatchObject({ endpoint_id: id });
  });

  it('answers wrong fields by their names', async () => {
    const posted = async (path: string, sent: unknown) => {
      const { status, json } = await mira().post(`/api/v1/${path}`, sent);
      expect(status).toBe(400);
      return fieldsOf(json);
    };
    expect(await posted('webhook-endpoints', { service: 'nobody', name: '', tenant_id: newId() })).toEqual(
      expect.arrayContaining(['service', 'name', 'tenant_id']),
    );
    expect(await posted('webhook-endpoints', { service: 'github', name: 'x', config: { a: 1 } })).toEqual(['config.a']);
    const route = { name: 'x', service: 'github' };
    expect(await posted('routes', { ...route, target: { kind: 'mail', url: 'http://x' } })).toContain('target.kind');
    expect(await posted('routes', { ...route, target: { kind: 'agent', agent: 'nobody' } })).toEqual(['target.agent']);
    const target = { kind: 'n8n', integration_id: newId(), workflow_id: '1' };
    expect(await posted('routes', { ...route, target })).toEqual(['target.integration_id']);
    for (const list of ['webhook-endpoints', 'routes', 'events', 'deliveries']) {
      const { status, json } = await mira().get(`/api/v1/${list}?limit=0&cursor=x&colour=red`);
      expect(status).toBe(400);
      expect(fieldsOf(json).toSorted()).toEqual(['colour', 'cursor', 'limit']);
      expect((await mira().get(`/api/v1/${list}/no-id`)).status).toBe(400);
    }
  });

  it('sends an event along the routes that are there, and along none that is disabled', async () => {
    const agent = { kind: 'agent', agent: 'project_initialization' };
    const { id } = await mira().createRoute('github', agent, { event_types: ['push'] });
    const deliveries = async (event: string) => (await mira().get(`/api/v1/events/${event}`)).json['deliveries'];
    expect(await deliveries(await anEvent())).toMatchObject([{ route_id: id, agent: null }]);
    await patch(`/api/v1/routes/${id}`, { enabled: false });
    expect(await deliveries(await anEvent())).toEqual([]);
    expect((await mira().call('DELETE', `/api/v1/routes/${id}`)).status).toBe(204);
  });

  it('gives a body back byte for byte, as something to save and never to show', async () => {
    const page = '<script>alert("größe")</script>';
    const id = await anEvent(page, { 'content-type': 'text/plain; charset=utf-8' });
    const { status, headers, body: bytes } = await mira().get(`/api/v1/events/${id}/body`);
    expect(status).toBe(200);
    expect(bytes.toString()).toBe(page);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(Buffer.byteLength(page)),
      'content-disposition': 'attachment',
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
    });
  });

  it('finds events by what they are and what became of them', async () => {
    const id = await anEvent();
    const ids = async (query: string) => {
      const { data } = (await mira().get(`/api/v1/events?${query}`)).json;
      return (data as { id: string }[]).map((event) => event.id);
    };
    const { received_at: at } = (await mira().get(`/api/v1/events/${id}`)).json;
    expect(await ids(`service=github&event_type=push&status=unrouted&from=${String(at)}`)).toContain(id);
    expect(await ids(`to=${String(at)}`)).not.toContain(id);
    expect(await ids('status=delivered')).not.toContain(id);
  });

  it('tries a delivery again on demand, and none that arrived', async () => {
    const { id } = await aDelivery();
    const answer = await mira().call('POST', `/api/v1/deliveries/${id}/retry`);
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ id, status: 'queued', attempt_count: 1 });
    await eventually(async () => {
      const { json } = await mira().get(`/api/v1/deliveries/${id}`);
      expect(json).toMatchObject({ status: 'dead', attempts: [{ number: 1 }, { number: 2, outcome: 'dead' }] });
    });

    const made = await mira().post('/webhook/n8n', {
      workflow_type: 'project_initialization',
      data: { name: 'Vostok' },
    });
    const arrived = await eventually(async () => {
      const { json } = await mira().get(`/api/v1/deliveries?event_id=${String(made.json['id'])}`);
      expect(json).toMatchObject({ data: [{ status: 'delivered' }] });
      return (json['data'] as { id: string }[])[0]?.id ?? '';
    });
    const refusal = await mira().call('POST', `/api/v1/deliveries/${arrived}/retry`);
    expect(refusal.status).toBe(409);
    expect(refusal.json).toMatchObject({ type: expect.stringMatching(/conflict$/) });
  });

  it('shows a tenant nothing of another, and a viewer nothing to change', async () => {
    const { id: endpoint } = await mira().createEndpoint('github');
    const { id: route } = await mira().createRoute('github', { kind: 'agent', agent: 'project_initialization' });
    const event = await anEvent();
    const { id: delivery } = await aDelivery();
    const reads = [
      `webhook-endpoints/${endpoint}`,
      `routes/${route}`,
      `events/${event}`,
      `events/${event}/body`,
      `deliveries/${delivery}`,
    ];
    const writes: [string, string, string?][] = [
      ['PATCH', `webhook-endpoints/${endpoint}`, '{}'],
      ['POST', `webhook-endpoints/${endpoint}/rotate-secret`, '{}'],
      ['PATCH', `routes/${route}`, '{}'],
      ['POST', `deliveries/${delivery}/retry`],
      ['DELETE', `webhook-endpoints/${endpoint}`],
      ['DELETE', `routes/${route}`],
    ];
    const headers = { 'content-type': 'application/json' };
    const stranger = (await mira().addTenant()).apiKey;
    const viewer = (await mira().addTenant('viewer')).apiKey;
    for (const path of reads) {
      expect((await mira().get(`/api/v1/${path}`)).status).toBe(200);
      expect((await mira().get(`/api/v1/${path}`, { apiKey: stranger })).status).toBe(404);
      expect((await mira().get(`/api/v1/${path}`, { apiKey: null })).status).toBe(401);
    }
    for (const [method, path, sent] of writes) {
      const call = (apiKey: string | null) => mira().call(method, `/api/v1/${path}`, sent, { apiKey, headers });
      expect((await call(stranger)).status).toBe(404);
      expect((await call(viewer)).status).toBe(403);
      expect((await call(null)).status).toBe(401);
    }
    for (const list of ['webhook-endpoints', 'routes', 'events', 'deliveries']) {
      const { json } = await mira().get(`/api/v1/${list}`, { apiKey: stranger });
      expect(json).toMatchObject({ data: [], next_cursor: null });
    }
    await mira().call('DELETE', `/api/v1/routes/${route}`);
  });
});
