import { eventually } from '../support/eventually';
import { describeMira } from '../support/mira';

describeMira('a project_initialization webhook', (mira) => {
  function send(data: unknown, idempotencyKey?: string) {
    const headers: Record<string, string> = idempotencyKey ? { 'idempotency-key': idempotencyKey } : {};
    return mira().post('/webhook/n8n', { workflow_type: 'project_initialization', data }, { headers });
  }

  async function projects(): Promise<unknown[]> {
    const { data } = (await mira().get('/api/v1/projects')).json;
    return Array.isArray(data) ? data : [];
  }

  async function outcomeOf(eventId: unknown): Promise<Record<string, unknown>> {
    return eventually(async () => {
      const { json } = await mira().get(`/api/v1/events/${String(eventId)}`);
      expect(json).toMatchObject({ status: expect.stringMatching(/^(delivered|dead)$/) });
      return json;
    });
  }

  it('makes one project, which is listed and found', async () => {
    const answer = await send({ name: 'Apollo', description: 'To the Moon' });
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({ id: expect.any(String), status: 'accepted', duplicate: false });
    expect(await outcomeOf(answer.json['id'])).toMatchObject({
      status: 'delivered',
      deliveries: [{ agent: 'project_initialization', route_id: null, attempt_count: 1 }],
    });
    const [project] = await projects();
    expect(project).toMatchObject({ name: 'Apollo', description: 'To the Moon' });
    const { id } = project as { id: string };
    expect((await mira().get(`/api/v1/projects/${id}`)).json).toEqual(project);
  });

  it('makes one project however often it is sent', async () => {
    const before = (await projects()).length;
    const answers = await Promise.all(Array.from({ length: 5 }, () => send({ name: 'Gemini' }, 'gemini-1')));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 202]);
    const ids = new Set(answers.map(({ json }) => json['id']));
    expect(ids.size).toBe(1);
    await outcomeOf([...ids][0]);
    expect((await projects()).length).toBe(before + 1);
  });

  it('makes one project when it is delivered again, because the process died before it could note the first time', async () => {
    const { json } = await send({ name: 'Mercury' });
    const { deliveries } = (await outcomeOf(json['id'])) as { deliveries: { id: string }[] };
    const id = deliveries[0]?.id;
    const before = await projects();
    await mira().sql('DELETE FROM delivery_attempts WHERE delivery_id = $1', [id]);
    await mira().sql(`UPDATE deliveries SET status = 'queued', attempt_count = 0 WHERE id = $1`, [id]);
    expect((await mira().post(`/api/v1/deliveries/${id}/retry`, undefined)).status).toBe(202);
    expect(await outcomeOf(json['id'])).toMatchObject({
      status: 'delivered',
      deliveries: [{ attempt_count: 1, reason: expect.stringMatching(/was made by this event before/) }],
    });
    expect(await projects()).toEqual(before);
  });

  it('that asks for nothing sensible is kept, with the reason that no project was made', async () => {
    const before = (await projects()).length;
    const { json } = await send({ title: 'no name' });
    expect(await outcomeOf(json['id'])).toMatchObject({
      status: 'dead',
      deliveries: [{ status: 'dead', attempt_count: 1, reason: 'No project was made: data.name is missing.' }],
    });
    expect((await projects()).length).toBe(before);
  });
});
