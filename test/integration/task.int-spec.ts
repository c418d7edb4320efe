import { Problem } from '@mira/problem';
import { HandledEvents } from '../../src/agent/handled-events';
import { newId } from '../../src/database/new-id';
import { Project } from '../../src/project/project.entity';
import { ProjectRepository } from '../../src/project/project.repository';
import { ProjectService } from '../../src/project/project.service';
import { TaskUpdateAgent } from '../../src/project/task/task-update.agent';
import { ListTasksQuery } from '../../src/project/task/task.dto';
import { Task } from '../../src/project/task/task.entity';
import { TaskRepository } from '../../src/project/task/task.repository';
import { TaskService } from '../../src/project/task/task.service';
import { anAgentEvent } from '../support/agent-event';
import { describeOnEachDatabase } from '../support/databases';
import { plansOn } from '../support/plans';
import { ToldEvents } from '../support/told-events';
import { by, RememberedTrail } from '../support/trails';

function aQuery(query: Partial<ListTasksQuery> = {}): ListTasksQuery {
  return Object.assign(new ListTasksQuery(), query);
}

async function refusal(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Problem) return error;
  throw new Error(`no refusal but ${String(error)}`);
}

describeOnEachDatabase(
  'tasks',
  (database) => {
    let projects: ProjectService;
    let sut: TaskService;
    let agent: TaskUpdateAgent;
    let told: ToldEvents;
    let trail: RememberedTrail;
    let tenantId: string;
    let projectId: string;

    const sql = (text: string, values: unknown[]) => database().dataSource.query(text, values);

    async function aTenant(): Promise<string> {
      const id = newId();
      await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [id]);
      return id;
    }

    async function aUser(of: string): Promise<string> {
      const id = newId();
      await sql(`INSERT INTO users (tenant_id, id, username, role) VALUES ($1, $2, $3, 'user')`, [of, id, `u-${id}`]);
      return id;
    }

    beforeAll(() => {
      const { tenants } = database();
      const { limits, usage } = plansOn(database());
      const repositories = [new ProjectRepository(), new TaskRepository()] as const;
      told = new ToldEvents();
      trail = new RememberedTrail();
      projects = new ProjectService(tenants, ...repositories, limits, usage, told, trail);
      sut = new TaskService(tenants, ...repositories, new HandledEvents(), told, trail);
      agent = new TaskUpdateAgent(sut);
    });

    beforeEach(async () => {
      tenantId = await aTenant();
      projectId = (await projects.make(by(tenantId), { name: 'Apollo' })).id;
      told.events.length = 0;
      trail.acts.length = 0;
    });

    it('are open and nobody’s, unless they say otherwise', async () => {
      const task = await sut.create(by(tenantId), projectId, { title: 'Build' });
      expect(task).toEqual({
        id: expect.any(String),
        project_id: projectId,
        title: 'Build',
        description: null,
        status: 'open',
        assignee_id: null,
        due_at: null,
        completed_at: null,
        created_at: expect.any(String),
        updated_at: expect.any(String),
      });
      expect(await sut.get(tenantId, projectId, task.id)).toEqual(task);
      expect(told.events).toEqual([{ tenantId, type: 'task_created', data: task }]);
      expect(trail.acts.map(({ act }) => act.action)).toEqual(['task.created']);
    });

    it('are somebody’s of the tenant, and of no other', async () => {
      const [own, foreign] = [await aUser(tenantId), await aUser(await aTenant())];
      expect(await sut.create(by(tenantId), projectId, { title: 'a', assignee_id: own })).toMatchObject({
        assignee_id: own,
      });
      const refused = await refusal(sut.create(by(tenantId), projectId, { title: 'b', assignee_id: foreign }));
      expect(refused.errors).toEqual([{ field: 'assignee_id', message: 'there is no such user in the tenant' }]);
    });

    it('are nobody’s once that user is deleted', async () => {
      const own = await aUser(tenantId);
      const { id } = await sut.create(by(tenantId), projectId, { title: 'a', assignee_id: own });
      await database().tenants.transaction(tenantId, (manager) =>
        manager.query('DELETE FROM users WHERE tenant_id = $1 AND id = $2', [tenantId, own]),
      );
      expect(await sut.get(tenantId, projectId, id)).toMatchObject({ assignee_id: null });
    });

    it('tell of a change, and of their completion in its place', async () => {
      const task = await sut.create(by(tenantId), projectId, { title: 'Build' });
      told.events.length = 0;
      const due = await sut.update(by(tenantId), projectId, task.id, { due_at: new Date('2027-01-01T00:00:00Z') });
      const done = await sut.update(by(tenantId), projectId, task.id, { status: 'completed' });
      expect(done.completed_at).toEqual(expect.any(String));
      const again = await sut.update(by(tenantId), projectId, task.id, { status: 'in_progress', title: 'Rebuild' });
      expect(again.completed_at).toBeNull();
      expect(told.events.map(({ type, data }) => [type, 'changes' in data ? data.changes : null])).toEqual([
        ['task_updated', { due_at: { before: null, after: '2027-01-01T00:00:00.000Z' } }],
        [
          'task_completed',
          { status: { before: 'open', after: 'completed' }, completed_at: { before: null, after: done.completed_at } },
        ],
        [
          'task_updated',
          {
            title: { before: 'Build', after: 'Rebuild' },
            status: { before: 'completed', after: 'in_progress' },
            completed_at: { before: done.completed_at, after: null },
          },
        ],
      ]);
      expect(told.events[0]?.data).toMatchObject(Object.assign({}, due));
    });

    it('tell nothing of a change that changes nothing', async () => {
      const task = await sut.create(by(tenantId), projectId, { title: 'Build', status: 'completed' });
      told.events.length = 0;
      trail.acts.length = 0;
      expect(await sut.update(by(tenantId), projectId, task.id, { status: 'completed', title: 'Build' })).toEqual(task);
      expect([told.events, trail.acts]).toEqual([[], []]);
    });

    it('lose no change where several change different fields at a time', async () => {
      const { id } = await sut.create(by(tenantId), projectId, { title: 'Build' });
      await Promise.all([
        sut.update(by(tenantId), projectId, id, { title: 'Rebuild' }),
        sut.update(by(tenantId), projectId, id, { description: 'of stone' }),
        sut.update(by(tenantId), projectId, id, { status: 'in_progress' }),
      ]);
      const task = await sut.get(tenantId, projectId, id);
      expect(task).toMatchObject({ title: 'Rebuild', description: 'of stone', status: 'in_progress' });
    });

    it('are listed newest first, by what is asked for', async () => {
      const own = await aUser(tenantId);
      const at = (day: number) => new Date(Date.UTC(2027, 0, day));
      await sut.create(by(tenantId), projectId, { title: 'one', due_at: at(1) });
      await sut.create(by(tenantId), projectId, { title: 'two', due_at: at(2), assignee_id: own });
      await sut.create(by(tenantId), projectId, { title: 'three', status: 'cancelled' });
      const titles = async (query: Partial<ListTasksQuery>) =>
        (await sut.list(tenantId, projectId, aQuery(query))).data.map(({ title }) => title);
      expect(await titles({})).toEqual(['three', 'two', 'one']);
      expect(await titles({ status: 'open' })).toEqual(['two', 'one']);
      expect(await titles({ assignee_id: own })).toEqual(['two']);
      expect(await titles({ due_before: at(2) })).toEqual(['one']);
      expect(await titles({ due_from: at(2) })).toEqual(['two']);
      expect(await titles({ due_from: at(1), due_before: at(2) })).toEqual(['one']);
      const first = await sut.list(tenantId, projectId, aQuery({ limit: 2 }));
      const rest = await sut.list(tenantId, projectId, aQuery({ limit: 2, cursor: first.next_cursor ?? '' }));
      expect(rest.data.map(({ title }) => title)).toEqual(['one']);
    });

    it('go with their project, which says how many', async () => {
      for (const title of ['one', 'two']) await sut.create(by(tenantId), projectId, { title });
      expect(await projects.delete(by(tenantId), projectId)).toEqual({ id: projectId, tasks_deleted: 2 });
      expect(told.events.at(-1)).toMatchObject({ type: 'project_deleted', data: { id: projectId, tasks_deleted: 2 } });
      expect(await sql('SELECT FROM tasks WHERE tenant_id = $1', [tenantId])).toEqual([]);
      expect((await refusal(sut.create(by(tenantId), projectId, { title: 'late' }))).status).toBe(404);
    });

    it('are deleted by themselves, too', async () => {
      const task = await sut.create(by(tenantId), projectId, { title: 'one' });
      await sut.delete(by(tenantId), projectId, task.id);
      expect(told.events.at(-1)).toEqual({ tenantId, type: 'task_deleted', data: task });
      expect((await refusal(sut.get(tenantId, projectId, task.id))).message).toBe('There is no such task.');
    });

    it('are found in their own project and tenant alone', async () => {
      const { id } = await sut.create(by(tenantId), projectId, { title: 'one' });
      const elsewhere = (await projects.make(by(tenantId), { name: 'Gemini' })).id;
      const stranger = await aTenant();
      const refusals = await Promise.all([
        refusal(sut.get(tenantId, elsewhere, id)),
        refusal(sut.update(by(tenantId), elsewhere, id, { title: 'x' })),
        refusal(sut.delete(by(tenantId), elsewhere, id)),
        refusal(sut.get(stranger, projectId, id)),
        refusal(sut.list(stranger, projectId, aQuery())),
        refusal(sut.create(by(stranger), projectId, { title: 'x' })),
      ]);
      expect(refusals.map(({ status }) => status)).toEqual(Array(6).fill(404));
    });

    describe('changed by an event', () => {
      const change = (data: object) => ({ workflow_type: 'task_update', data });

      it('are changed once by it, however often it is delivered', async () => {
        const { id } = await sut.create(by(tenantId), projectId, { title: 'Build' });
        told.events.length = 0;
        const event = anAgentEvent({ tenantId, hops: 2 }, change({ task_id: id, status: 'in_progress' }));
        expect(await agent.handle(event)).toEqual({ kind: 'done', detail: `Changed task ${id}.` });
        await sut.update(by(tenantId), projectId, id, { status: 'open' });
        expect(await agent.handle({ ...event, attempt: 2 })).toMatchObject({ detail: expect.stringMatching(/before/) });
        expect(await sut.get(tenantId, projectId, id)).toMatchObject({ status: 'open' });
        expect(told.events.map(({ type, hops }) => [type, hops])).toEqual([
          ['task_updated', 2],
          ['task_updated', 0],
        ]);
      });

      it('are changed once where it is delivered several times at once', async () => {
        const { id } = await sut.create(by(tenantId), projectId, { title: 'Build' });
        told.events.length = 0;
        const event = anAgentEvent({ tenantId }, change({ task_id: id, status: 'completed' }));
        const results = await Promise.all([1, 2, 3].map(() => agent.handle(event)));
        expect(results.map(({ kind }) => kind)).toEqual(['done', 'done', 'done']);
        expect(told.events.map(({ type }) => type)).toEqual(['task_completed']);
      });

      it.each<[string, (id: string) => object, RegExp]>([
        ['names no task that there is', () => ({ task_id: newId(), status: 'open' }), /there is no such task/],
        ['names no user', (id) => ({ task_id: id, assignee_id: newId() }), /data\.assignee_id there is no such user/],
      ])('are not where it %s, and it may come again when that is mended', async (_case, dataOf, reason) => {
        const { id } = await sut.create(by(tenantId), projectId, { title: 'Build' });
        const event = anAgentEvent({ tenantId }, change(dataOf(id)));
        expect(await agent.handle(event)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
        expect(await sql('SELECT FROM agent_handled_events WHERE tenant_id = $1', [tenantId])).toEqual([]);
      });

      it('are none of another tenant’s', async () => {
        const { id } = await sut.create(by(tenantId), projectId, { title: 'Build' });
        const event = anAgentEvent({ tenantId: await aTenant() }, change({ task_id: id, status: 'completed' }));
        expect(await agent.handle(event)).toMatchObject({ kind: 'refused' });
        expect(await sut.get(tenantId, projectId, id)).toMatchObject({ status: 'open' });
      });
    });
  },
  [Project, Task],
);
