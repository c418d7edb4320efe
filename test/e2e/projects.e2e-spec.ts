import { deliveryOf } from '../support/deliveries';
import { eventually } from '../support/eventually';
import { aWebhookNode, FakeN8n } from '../support/fake-n8n';
import { type Answer, describeMira } from '../support/mira';
import { request } from '../support/people';

interface Thing {
  readonly id: string;
}

function made({ status, json, body }: Answer): Thing {
  if (status !== 201) throw new Error(`answered ${status}: ${body.toString()}`);
  return { id: String(json['id']) };
}

describeMira('projects and tasks', (mira) => {
  const call = (method: string, path: string, body?: unknown) => request(mira(), method, path, body);
  const aProject = async (name = 'Apollo') => made(await call('POST', 'projects', { name }));
  const aTask = async (project: Thing, body: object = { title: 'Build' }) =>
    made(await call('POST', `projects/${project.id}/tasks`, body));

  it('are made, found, changed and deleted', async () => {
    const project = await aProject();
    const task = await aTask(project);
    expect((await call('GET', `projects/${project.id}`)).json).toMatchObject({ name: 'Apollo', description: null });
    const renamed = await call('PATCH', `projects/${project.id}`, { description: 'To the Moon\nand back' });
    expect(renamed).toMatchObject({ status: 200, json: { name: 'Apollo', description: 'To the Moon\nand back' } });
    const path = `projects/${project.id}/tasks`;
    expect(await call('PATCH', `${path}/${task.id}`, { status: 'completed' })).toMatchObject({
      status: 200,
      json: { status: 'completed', completed_at: expect.any(String) },
    });
    expect((await call('GET', `${path}?status=completed`)).json).toMatchObject({ data: [task], next_cursor: null });
    expect((await call('GET', `${path}?status=open`)).json).toEqual({ data: [], next_cursor: null });
    expect((await call('DELETE', `${path}/${task.id}`)).status).toBe(204);
    await aTask(project);
    const deleted = await call('DELETE', `projects/${project.id}`);
    expect(deleted).toMatchObject({ status: 200, json: { id: project.id, tasks_deleted: 1 } });
    expect((await call('GET', `projects/${project.id}`)).status).toBe(404);
    expect((await call('GET', path)).status).toBe(404);
  });

  it.each<[string, string, unknown, string[]]>([
    ['POST', 'projects', {}, ['name']],
    ['POST', 'projects', { name: ' ', description: 7, more: 1 }, ['description', 'more', 'name']],
    ['PATCH', 'projects/:project', { name: null }, ['name']],
    ['PATCH', 'projects/:project', { description: 'a\0b' }, ['description']],
    ['GET', 'projects?name=%00', undefined, ['name']],
    ['POST', 'projects/:project/tasks', { status: 'done' }, ['status', 'title']],
    ['POST', 'projects/:project/tasks', { title: 'x'.repeat(256), due_at: '2027-02-30' }, ['due_at', 'title']],
    ['PATCH', 'projects/:project/tasks/:task', { status: null, assignee_id: 'ada' }, ['assignee_id', 'status']],
    ['PATCH', 'projects/:project/tasks/:task', { completed_at: null }, ['completed_at']],
    [
      'PATCH',
      'projects/:project/tasks/:task',
      { assignee_id: '0198c0de-0000-7000-8000-000000000000' },
      ['assignee_id'],
    ],
    ['GET', 'projects/:project/tasks?status=none&due_before=soon', undefined, ['due_before', 'status']],
  ])('refuse %s %s with %j', async (method, template, body, fields) => {
    const project = await aProject();
    const task = await aTask(project);
    const { status, json } = await call(
      method,
      template.replace(':project', project.id).replace(':task', task.id),
      body,
    );
    const errors = json['errors'] as { field: string }[];
    expect([status, [...new Set(errors.map(({ field }) => field))].toSorted()]).toEqual([400, fields]);
  });

  it('are one too many where the plan is full, exactly', async () => {
    const { apiKey } = await mira().addTenant('admin', 'basic');
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => request(mira(), 'POST', 'projects', { name: 'P' }, apiKey)),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([...Array(10).fill(201), 402, 402]);
  });

  describe('with an n8n', () => {
    let n8n: FakeN8n;
    beforeAll(async () => {
      n8n = await FakeN8n.start();
      n8n.addWorkflow({ nodes: [aWebhookNode({ path: 'from-mira' })] });
      const { id } = await mira().createIntegration(n8n.url);
      await mira().createRoute('mira', { kind: 'n8n', integration_id: id, webhook_path: 'from-mira' });
    });
    afterAll(() => n8n.stop());

    const arrived = (type: string, id: string) =>
      eventually(() => {
        const calls = n8n.executions.filter(({ body }) => {
          const told = JSON.parse(body.toString()) as { type: string; data: { id: string } };
          return told.type === type && told.data.id === id;
        });
        expect(calls).toHaveLength(1);
        const [{ headers, body }] = calls as [(typeof calls)[0]];
        return { headers, told: JSON.parse(body.toString()) as { data: object; occurred_at: string } };
      }, 20_000);

    const change = (data: object, headers: Record<string, string> = {}) =>
      mira().post('/webhook/n8n', { workflow_type: 'task_update', data }, { headers });

    it('tell it of each change, once, as it is then', async () => {
      const project = await aProject('Gemini');
      const task = await aTask(project);
      const path = `projects/${project.id}/tasks/${task.id}`;
      await call('PATCH', path, { title: 'Rebuild' });
      const { json: completed } = await call('PATCH', path, { status: 'completed' });
      await call('PATCH', path, { status: 'completed' });
      await call('DELETE', `projects/${project.id}`);

      expect((await arrived('project_created', project.id)).told).toEqual({
        type: 'project_created',
        data: expect.objectContaining({ id: project.id, name: 'Gemini' }),
        occurred_at: expect.any(String),
      });
      expect((await arrived('task_created', task.id)).told.data).toMatchObject({
        project_id: project.id,
        status: 'open',
      });
      expect((await arrived('task_updated', task.id)).told.data).toMatchObject({
        changes: { title: { before: 'Build', after: 'Rebuild' } },
      });
      const { headers, told } = await arrived('task_completed', task.id);
      expect(told.data).toEqual({ ...completed, changes: expect.objectContaining({ status: expect.anything() }) });
      expect(headers).toMatchObject({ 'x-mira-service': 'mira', 'x-mira-event-type': 'task_completed' });
      expect((await arrived('project_deleted', project.id)).told.data).toMatchObject({ tasks_deleted: 1 });
    });

    it('are changed by it, and the change comes back to it with the hops of what asked for it', async () => {
      const task = await aTask(await aProject());
      const { json } = await change({ task_id: task.id, status: 'completed' }, { 'x-mira-hops': '1' });
      await deliveryOf(mira(), json['id'], { status: 'delivered', reason: `Changed task ${task.id}.` });
      const { headers } = await arrived('task_completed', task.id);
      expect(headers['x-mira-hops']).toBe('3');
    });

    it('do not go round in a circle for ever', async () => {
      const task = await aTask(await aProject());
      const { json } = await change({ task_id: task.id, status: 'completed' }, { 'x-mira-hops': '5' });
      await deliveryOf(mira(), json['id'], { status: 'delivered' });
      const [event] = await mira().sql(
        `SELECT id, headers FROM webhook_events WHERE service = 'mira' AND event_type = 'task_completed'
         AND convert_from(body, 'UTF8')::jsonb #>> '{data,id}' = $1`,
        [task.id],
      );
      expect(event).toMatchObject({ headers: { 'x-mira-hops': '6' } });
      expect(await mira().sql('SELECT id FROM deliveries WHERE event_id = $1', [event?.['id']])).toEqual([]);
    });

    it('say why they were not changed', async () => {
      const task = await aTask(await aProject());
      const { json } = await change({ task_id: task.id, status: 'done' });
      await deliveryOf(mira(), json['id'], {
        status: 'dead',
        attempt_count: 1,
        reason: 'No task was changed: data.status must be one of open, in_progress, completed, cancelled.',
      });
    });
  });
});
