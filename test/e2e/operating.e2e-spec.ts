import { newId } from '../../src/database/new-id';
import { aRouteTo, deliveriesOf, deliveryOf } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { describeMira, type Answer } from '../support/mira';
import { Receiver } from '../support/receiver';

function fieldsOf({ json }: Answer): string[] {
  const { errors } = json;
  if (!Array.isArray(errors)) return [];
  return [...new Set(errors.map(({ field }: { field: string }) => field))];
}

const agent = { kind: 'agent', agent: 'project_initialization' };

describeMira('operating', (mira) => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start();
    await mira().sql(`UPDATE tenants SET tier = 'enterprise'`);
  });
  afterAll(() => receiver.stop());

  const post = (path: string, body: unknown) => mira().post(`/api/v1/${path}`, body);
  const patch = (path: string, body: unknown) =>
    mira().call('PATCH', `/api/v1/${path}`, JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

  it('a route takes what its filter matches, and its test says why it takes nothing else', async () => {
    const { route, push } = await aRouteTo(mira(), receiver.url, { filter: 'payload.action == "opened"' });
    const opened = await push('{"action":"opened"}');
    const closed = await push('{"action":"closed"}');
    expect(await deliveriesOf(mira(), opened.json['id'])).toHaveLength(1);
    expect(await deliveriesOf(mira(), closed.json['id'])).toEqual([]);

    const tried = await post(`routes/${route.id}/test`, { event_id: closed.json['id'] });
    expect(tried).toMatchObject({
      status: 200,
      json: { takes: false, filter_stopped_at: { condition: 'payload.action == "opened"', value: '"closed"' } },
    });
    expect((await post(`routes/${route.id}/test`, { event_id: opened.json['id'] })).json).toMatchObject({
      takes: true,
    });
    const wrong = await patch(`routes/${route.id}`, { filter: 'payload.action = "opened"' });
    expect(wrong).toMatchObject({
      status: 400,
      json: { errors: [{ field: 'filter', message: 'cannot be read at column 16: expected == instead of =' }] },
    });
    expect((await patch(`routes/${route.id}`, { filter: null })).json).toMatchObject({ filter: null });
  });

  it('filters are for plans with advanced workflows', async () => {
    const { apiKey } = await mira().addTenant('admin', 'basic');
    const body = { name: 'x', service: 'github', target: agent, filter: 'true' };
    expect(await mira().post('/api/v1/routes', body, { apiKey })).toMatchObject({
      status: 403,
      json: { type: 'urn:mira:problem:feature-not-in-plan', feature: 'advanced_workflows' },
    });
  });

  it('a route is paused and resumed, once each, and both are on record', async () => {
    const { route } = await aRouteTo(mira(), receiver.url);
    const paused = await post(`routes/${route.id}/pause`, {});
    expect(paused).toMatchObject({ status: 200, json: { paused_at: expect.any(String) } });
    expect((await post(`routes/${route.id}/pause`, {})).json).toEqual(paused.json);
    expect((await post(`routes/${route.id}/resume`, {})).json).toMatchObject({ paused_at: null });
    const { json } = await mira().get(`/api/v1/audit-logs?resource_type=route&limit=10`);
    const acts = (json['data'] as { action: string; resource_id: string }[]).filter(
      (act) => act.resource_id === route.id,
    );
    expect(acts.map(({ action }) => action).slice(0, 2)).toEqual(['route.resumed', 'route.paused']);
  });

  it('an event is replayed under a new webhook-id, and its timeline tells of both ways that it went', async () => {
    const { push } = await aRouteTo(mira(), receiver.url);
    const { json } = await push('{"again":true}');
    const id = String(json['id']);
    const first = await deliveryOf(mira(), id, { status: 'accepted' });
    const replay = await post(`events/${id}/replay`, { reason: 'it was lost downstream' });
    expect(replay).toMatchObject({ status: 202, json: { kind: 'replay', state: 'done', created: 1 } });
    const [second] = await eventually(async () => {
      const others = (await deliveriesOf(mira(), id)).filter((delivery) => delivery.id !== first.id);
      expect(others).toMatchObject([{ status: 'accepted', replay_id: replay.json['id'] }]);
      return others;
    });
    const requests = receiver.calls.filter(({ headers }) => headers['x-mira-event-id'] === id);
    expect(requests.map(({ headers }) => headers['webhook-id'])).toEqual([first.id, second?.id]);
    expect((await mira().get(`/api/v1/replays/${String(replay.json['id'])}`)).json).toEqual(replay.json);

    const timeline = await mira().get(`/api/v1/events/${id}/timeline`);
    const steps = (timeline.json['data'] as { step: string }[]).map(({ step }) => step);
    expect(steps.slice(0, 3)).toEqual(['received', 'stored', 'routed']);
    expect(steps.filter((step) => step === 'attempted')).toHaveLength(2);
    expect(steps.filter((step) => step === 'ended')).toHaveLength(2);
    expect(steps).toContain('replayed');
  });

  it('events found by a text are previewed, and then replayed to another workflow', async () => {
    const { push, integration } = await aRouteTo(mira(), receiver.url);
    const mark = newId();
    const ids = [await push(JSON.stringify({ mark, n: 1 })), await push(JSON.stringify({ mark, n: 2 }))].map(
      ({ json }) => json['id'],
    );
    await push(JSON.stringify({ n: 3 }));
    expect((await mira().get(`/api/v1/events?q=${mark.toUpperCase()}`)).json).toMatchObject({
      data: ids.toReversed().map((id) => ({ id })),
      next_cursor: null,
      searched_to: null,
    });
    const target = { kind: 'n8n', integration_id: integration.id, webhook_path: 'elsewhere' };
    const wanted = { filter: { q: mark }, target, rate_per_second: 100 };
    expect(await post('events/replay', { ...wanted, preview: true })).toMatchObject({
      status: 200,
      json: { preview: true, count: 2, count_is_exact: true },
    });
    const { status, json } = await post('events/replay', wanted);
    expect(status).toBe(202);
    await eventually(async () => {
      expect((await mira().get(`/api/v1/replays/${String(json['id'])}`)).json).toMatchObject({
        state: 'done',
        total: 2,
        created: 2,
        progress: 1,
      });
      expect(receiver.calls.filter(({ path }) => path === '/webhook/elsewhere')).toHaveLength(2);
    });
  });

  it('what was given up is listed by cause, and redriven by it', async () => {
    const answer = await mira().post('/webhook/n8n', { workflow_type: 'project_initialization', data: {} });
    const dead = await deliveryOf(mira(), answer.json['id'], { status: 'dead' });
    expect(dead).toMatchObject({ cause: 'refused_by_agent' });
    const letters = await mira().get('/api/v1/deliveries/dead-letters');
    expect(letters.json).toMatchObject({
      data: expect.arrayContaining([
        expect.objectContaining({ cause: 'refused_by_agent', agent: 'project_initialization', route_id: null }),
      ]),
      is_complete: true,
    });
    const wanted = { cause: 'refused_by_agent' };
    const { json } = await post('deliveries/redrive', { ...wanted, preview: true });
    expect(json).toMatchObject({ preview: true, sample: expect.arrayContaining([dead.id]) });
    expect(await post('deliveries/redrive', wanted)).toMatchObject({ status: 202, json: { kind: 'redrive' } });
    await deliveryOf(mira(), answer.json['id'], { status: 'dead', attempt_count: dead.attempt_count + 1 });
  });

  it.each<[string, unknown, string[]]>([
    ['events/replay', {}, ['filter']],
    ['events/replay', { filter: { colour: 'red' } }, ['filter.colour']],
    ['events/replay', { filter: { from: 'yesterday', status: 'lost' } }, ['filter.from', 'filter.status']],
    ['events/replay', { filter: [] }, ['filter']],
    ['events/replay', { event_ids: [] }, ['event_ids']],
    ['events/replay', { event_ids: ['x'] }, ['event_ids']],
    ['events/replay', { event_ids: [newId()] }, ['event_ids']],
    ['events/replay', { filter: {}, rate_per_second: 0 }, ['rate_per_second']],
    ['events/replay', { filter: {}, rate_per_second: 101 }, ['rate_per_second']],
    ['events/replay', { filter: {}, rate_per_second: '5' }, ['rate_per_second']],
    ['events/replay', { filter: {}, preview: 'yes' }, ['preview']],
    ['events/replay', { filter: {}, target: { integration_id: newId() } }, ['target.kind', 'target.integration_id']],
    ['events/replay', { filter: {}, reason: 'a\nb' }, ['reason']],
    ['deliveries/redrive', { status: 'delivered' }, ['status']],
    ['deliveries/redrive', { cause: 'bad luck' }, ['cause']],
    ['deliveries/redrive', { route_id: 'x' }, ['route_id']],
    ['deliveries/redrive', { from: '' }, ['from']],
  ])('%s refuses %j', async (path, body, fields) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer).toSorted()).toEqual(fields.toSorted());
  });

  it('a test of a route wants an event, one and no more, and none of another tenant', async () => {
    const { route } = await aRouteTo(mira(), receiver.url);
    for (const [body, fields] of [
      [{}, ['event_id']],
      [{ event_id: newId(), service: 'github' }, ['event_id']],
      [{ event_id: newId() }, ['event_id']],
      [{ service: 'github', headers: { a: 1 } }, ['headers']],
      [{ service: 'github', headers: [] }, ['headers']],
      [{ service: 'github', payload: null }, ['payload']],
    ] as const) {
      const answer = await post(`routes/${route.id}/test`, body);
      expect([body, answer.status, fieldsOf(answer)]).toEqual([body, 400, fields]);
    }
    expect((await post(`routes/${newId()}/test`, { service: 'github' })).status).toBe(404);
  });
});
