import { createValidationPipe, Problem } from '@mira/problem';
import { PageQuery } from '@mira/page';
import type { AgentEvent } from '../../src/agent/agent';
import { newId } from '../../src/database/new-id';
import { ProjectInitializationAgent } from '../../src/project/project-initialization.agent';
import { Project } from '../../src/project/project.entity';
import { ProjectRepository } from '../../src/project/project.repository';
import { ProjectService } from '../../src/project/project.service';
import { describeOnEachDatabase } from '../support/databases';
import { plansOn } from '../support/plans';
import { by, RememberedTrail } from '../support/trails';

function anEvent(event: Partial<AgentEvent> & Pick<AgentEvent, 'tenantId'>): AgentEvent {
  const payload = { workflow_type: 'project_initialization', data: { name: 'Apollo', description: 'To the Moon' } };
  return {
    eventId: newId(),
    deliveryId: newId(),
    attempt: 1,
    service: 'n8n',
    eventType: 'project_initialization',
    contentType: 'application/json',
    payload,
    body: Buffer.from(JSON.stringify(payload)),
    receivedAt: new Date(),
    ...event,
  };
}

async function aPage(query: { limit?: string; cursor?: string } = {}): Promise<PageQuery> {
  return createValidationPipe().transform(query, { type: 'query', metatype: PageQuery });
}

describeOnEachDatabase(
  'projects',
  (database) => {
    let sut: ProjectService;
    let agent: ProjectInitializationAgent;
    let tenantId: string;
    let otherTenantId: string;

    beforeAll(() => {
      const { limits, usage } = plansOn(database());
      sut = new ProjectService(database().tenants, new ProjectRepository(), limits, usage, new RememberedTrail());
      agent = new ProjectInitializationAgent(sut);
    });

    beforeEach(async () => {
      [tenantId, otherTenantId] = [newId(), newId()];
      for (const id of [tenantId, otherTenantId]) {
        await database().dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [id]);
      }
    });

    it('are made by an event, in its tenant', async () => {
      const event = anEvent({ tenantId });
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
      const event = anEvent({ tenantId });
      const results = await Promise.all([1, 2, 3, 4].map((attempt) => agent.handle({ ...event, attempt })));
      results.push(await agent.handle({ ...event, attempt: 5, deliveryId: newId() }));

      expect(results.map(({ kind }) => kind)).toEqual(Array(5).fill('done'));
      expect((await sut.list(tenantId, await aPage())).data).toHaveLength(1);
    });

    it('are made each where people make several', async () => {
      const made = { name: 'Apollo', description: null, sourceEventId: null };
      expect(await sut.create(by(tenantId), made)).toEqual({ kind: 'created', id: expect.any(String) });
      expect(await sut.create(by(tenantId), made)).toEqual({ kind: 'created', id: expect.any(String) });
      expect((await sut.list(tenantId, await aPage())).data).toHaveLength(2);
    });

    it('may be made in two tenants by events that have the same id', async () => {
      const event = anEvent({ tenantId });
      await agent.handle(event);
      await agent.handle({ ...event, tenantId: otherTenantId });
      expect((await sut.list(otherTenantId, await aPage())).data).toHaveLength(1);
    });

    it('are not made where the event names none', async () => {
      const event = anEvent({ tenantId, payload: { workflow_type: 'project_initialization', data: {} } });
      expect(await agent.handle(event)).toEqual({ kind: 'refused', reason: expect.stringMatching(/data\.name/) });
      expect((await sut.list(tenantId, await aPage())).data).toEqual([]);
    });

    it('are tried again where the database refuses, for then handling throws', async () => {
      await expect(agent.handle(anEvent({ tenantId: newId() }))).rejects.toThrow(/no such tenant/);
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

    it('are nothing that another tenant could see', async () => {
      const { id } = await sut.create(by(tenantId), { name: 'Apollo', description: null, sourceEventId: null });
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
  [Project],
);
