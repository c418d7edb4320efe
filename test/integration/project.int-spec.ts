import { createValidationPipe, Problem } from '@mira/problem';
import { newId } from '../../src/database/new-id';
import { ProjectInitializationAgent } from '../../src/project/project-initialization.agent';
import { ListProjectsQuery } from '../../src/project/project.dto';
import { Project } from '../../src/project/project.entity';
import { ProjectRepository } from '../../src/project/project.repository';
import { ProjectService } from '../../src/project/project.service';
import { Task } from '../../src/project/task/task.entity';
import { TaskRepository } from '../../src/project/task/task.repository';
import { anAgentEvent } from '../support/agent-event';
import { describeOnEachDatabase } from '../support/databases';
import { plansOn } from '../support/plans';
import { ToldEvents } from '../support/told-events';
import { by, RememberedTrail } from '../support/trails';

async function aPage(query: { limit?: string; cursor?: string; name?: string } = {}): Promise<ListProjectsQuery> {
  return createValidationPipe().transform(query, { type: 'query', metatype: ListProjectsQuery });
}

describeOnEachDatabase(
  'projects',
  (database) => {
    let sut: ProjectService;
    let told: ToldEvents;
    let trail: RememberedTrail;
    let agent: ProjectInitializationAgent;
    let tenantId: string;
    let otherTenantId: string;

    beforeAll(() => {
      const { limits, usage } = plansOn(database());
      const [projects, tasks] = [new ProjectRepository(), new TaskRepository()];
      told = new ToldEvents();
      trail = new RememberedTrail();
      sut = new ProjectService(database().tenants, projects, tasks, limits, usage, told, trail);
      agent = new ProjectInitializationAgent(sut);
    });

    beforeEach(async () => {
      [tenantId, otherTenantId] = [newId(), newId()];
      for (const id of [tenantId, otherTenantId]) {
        await database().dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [id]);
      }
    });

    it('are made by an event, in its tenant', async () => {
      const event = anAgentEvent({ tenantId });
      expect(await agent.handle(event)).toEqual({ kind: 'done', detail: expect.stringMatching(/^Made project /) });

      const { data } = await sut.list(tenantId, await aPage());
      const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(data).toEqual([
        {
          id: expect.any(String),
          name: 'Apollo',
          description: 'To the Moon',
          source_event_id: event.eventId,
          created_at: at,
          updated_at: at,
        },
      ]);
      expect(await sut.get(tenantId, data[0]?.id ?? '')).toEqual(data[0]);
    });

    it('are made once by an event, however often and however many at a time it is delivered', async () => {
      const event = anAgentEvent({ tenantId });
      const results = await Promise.all([1, 2, 3, 4].map((attempt) => agent.handle({ ...event, attempt })));
      results.push(await agent.handle({ ...event, attempt: 5, deliveryId: newId() }));

      expect(results.map(({ kind }) => kind)).toEqual(Array(5).fill('done'));
      expect((await sut.list(tenantId, await aPage())).data).toHaveLength(1);
    });

    it('are made each where people make several', async () => {
      const made = { name: 'Apollo', description: null, sourceEventId: null };
      expect(await sut.create(by(tenantId), made)).toMatchObject({ kind: 'created', project: { name: 'Apollo' } });
      expect(await sut.create(by(tenantId), made)).toMatchObject({ kind: 'created', project: { name: 'Apollo' } });
      expect((await sut.list(tenantId, await aPage())).data).toHaveLength(2);
    });

    it('may be made in two tenants by events that have the same id', async () => {
      const event = anAgentEvent({ tenantId });
      await agent.handle(event);
      await agent.handle({ ...event, tenantId: otherTenantId });
      expect((await sut.list(otherTenantId, await aPage())).data).toHaveLength(1);
    });

    it('are not made where the event names none', async () => {
      const event = anAgentEvent({ tenantId }, { workflow_type: 'project_initialization', data: {} });
      expect(await agent.handle(event)).toEqual({ kind: 'refused', reason: expect.stringMatching(/data\.name/) });
      expect((await sut.list(tenantId, await aPage())).data).toEqual([]);
    });

    it('are tried again where the database refuses, for then handling throws', async () => {
      await expect(agent.handle(anAgentEvent({ tenantId: newId() }))).rejects.toThrow(/no such tenant/);
    });

    it('are listed newest first, page after page', async () => {
      for (const name of ['one', 'two', 'three', 'four', 'five']) {
        await sut.create(by(tenantId), { name, description: null, sourceEventId: null });
      }
      const names: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await sut.list(tenantId, await aPage({ limit: '2', ...(cursor && { cursor }) }));
        names.push(page.data.map(({ name }) => name));
        cursor = page.next_cursor ?? undefined;
      } while (cursor);
      expect(names).toEqual([['five', 'four'], ['three', 'two'], ['one']]);
    });

    it('are listed by a part of their name, which is no pattern', async () => {
      for (const name of ['100% done', '100 done', 'Half done']) await sut.make(by(tenantId), { name });
      const named = async (name: string) =>
        (await sut.list(tenantId, await aPage({ name }))).data.map((one) => one.name);
      expect(await named('DONE')).toEqual(['Half done', '100 done', '100% done']);
      expect(await named('0% ')).toEqual(['100% done']);
      expect(await named('_')).toEqual([]);
      expect(await named('\\')).toEqual([]);
    });

    it('tell of what becomes of them, with what changed', async () => {
      const made = await sut.make(by(tenantId), { name: 'Apollo' });
      const changed = await sut.update(by(tenantId), made.id, { name: 'Artemis', description: 'Again' });
      expect(changed).toEqual(
        Object.assign({}, made, { name: 'Artemis', description: 'Again', updated_at: expect.any(String) }),
      );
      expect(await sut.delete(by(tenantId), made.id)).toEqual({ id: made.id, tasks_deleted: 0 });
      const changes = { name: { before: 'Apollo', after: 'Artemis' }, description: { before: null, after: 'Again' } };
      expect(told.events.filter((event) => event.tenantId === tenantId)).toEqual([
        { tenantId, type: 'project_created', data: made, hops: 0 },
        { tenantId, type: 'project_updated', data: Object.assign({}, changed, { changes }) },
        { tenantId, type: 'project_deleted', data: Object.assign({}, changed, { tasks_deleted: 0 }) },
      ]);
      const acts = trail.acts.filter(({ who }) => who.tenantId === tenantId).map(({ act }) => act.action);
      expect(acts).toEqual(['project.created', 'project.updated', 'project.deleted']);
    });

    it('tell nothing of a change that changes nothing', async () => {
      const made = await sut.make(by(tenantId), { name: 'Apollo' });
      told.events.length = 0;
      expect(await sut.update(by(tenantId), made.id, { name: 'Apollo', description: null })).toEqual(made);
      expect(await sut.update(by(tenantId), made.id, {})).toEqual(made);
      expect(told.events).toEqual([]);
    });

    it('carry on how many deliveries led to them', async () => {
      await agent.handle(anAgentEvent({ tenantId, hops: 3 }));
      expect(told.events.at(-1)).toMatchObject({ type: 'project_created', hops: 3 });
    });

    it('are not there where the event of them cannot be stored', async () => {
      told.fails = true;
      await expect(sut.make(by(tenantId), { name: 'Apollo' })).rejects.toThrow('could not be stored');
      told.fails = false;
      expect((await sut.list(tenantId, await aPage())).data).toEqual([]);
    });

    it('are nothing that another tenant could see', async () => {
      const { id } = await sut.make(by(tenantId), { name: 'Apollo' });
      expect((await sut.list(otherTenantId, await aPage())).data).toEqual([]);
      const errors = await Promise.all([
        sut.get(otherTenantId, id).catch((error: unknown) => error),
        sut.get(otherTenantId, newId()).catch((error: unknown) => error),
      ]);
      for (const error of errors) {
        expect(error).toBeInstanceOf(Problem);
        expect(error).toMatchObject({ status: 404, message: 'There is no such project.' });
      }
    });
  },
  [Project, Task],
);
