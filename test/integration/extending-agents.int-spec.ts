import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { EventPublisher } from '@mira/internal-event';
import { Module } from '@nestjs/common';
import { AgentHandlerExplorer } from '../../src/agent/agent-handler.explorer';
import { readAgentConfig } from '../../src/agent/agent.config';
import { AgentRegistry } from '../../src/agent/agent.registry';
import { HandledEvents } from '../../src/agent/handled-events';
import { newId } from '../../src/database/new-id';
import { TenantDatabase } from '../../src/database/tenant.database';
import { ReleaseAnnouncer } from '../examples/release.announcer';
import { anAgentEvent } from '../support/agent-event';
import { describeOnEachDatabase } from '../support/databases';
import { ToldEvents } from '../support/told-events';

const ROOT = join(__dirname, '..', '..');

it('the example of an agent stands in the docs as it is tried here', () => {
  const example = readFileSync(join(ROOT, 'test', 'examples', 'release.announcer.ts'), 'utf8');
  const asOfAFolderInSrc = example.replaceAll("'../../src/", "'../");
  expect(readFileSync(join(ROOT, 'docs', 'extending.md'), 'utf8')).toContain(`\`\`\`ts\n${asOfAFolderInSrc}\`\`\``);
});

describeOnEachDatabase('the example of an agent', (database) => {
  let told: ToldEvents;
  let registry: AgentRegistry;
  let end: () => Promise<void>;

  beforeAll(async () => {
    told = new ToldEvents();
    @Module({
      imports: [DiscoveryModule],
      providers: [
        AgentRegistry,
        AgentHandlerExplorer,
        HandledEvents,
        ReleaseAnnouncer,
        { provide: TenantDatabase, useValue: database().tenants },
        { provide: EventPublisher, useValue: told },
      ],
    })
    class Program {}
    const program = await NestFactory.createApplicationContext(Program, { logger: false, abortOnError: false });
    registry = program.get(AgentRegistry);
    end = () => program.close();
  });
  afterAll(() => end());

  async function handle(payload: object, settings: object = {}, eventId = newId()) {
    const [agent] = registry.findSubscribed('github', 'release');
    if (!agent) throw new Error('nobody subscribes to releases');
    const read = readAgentConfig(agent, settings);
    if (read.kind === 'faulty') return read;
    const tenantId = newId();
    await database().dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [
      tenantId,
    ]);
    const event = anAgentEvent({ tenantId, eventId, hops: 2, config: read.config }, payload);
    const results = [await agent.handle(event), await agent.handle({ ...event, attempt: 2 })];
    return { results, told: told.events.filter((one) => one.tenantId === tenantId) };
  }

  it('announces a release once', async () => {
    expect(await handle({ release: { tag_name: 'v1' } })).toEqual({
      results: [
        { kind: 'done', detail: 'Announced v1.' },
        { kind: 'done', detail: 'Announced before.' },
      ],
      told: [expect.objectContaining({ type: 'release_announced', data: { tag: 'v1' }, hops: 2 })],
    });
  });

  it('leaves out those that are not final, unless it is told to', async () => {
    const release = { tag_name: 'v2-rc', prerelease: true };
    expect(await handle({ release })).toMatchObject({ told: [] });
    expect(await handle({ release }, { releases: 'all' })).toMatchObject({ told: [{ data: { tag: 'v2-rc' } }] });
  });

  it('refuses what is no release, and settings that are none', async () => {
    expect(await handle({})).toMatchObject({ results: [{ kind: 'refused' }, { kind: 'refused' }], told: [] });
    expect(await handle({}, { releases: 'some' })).toMatchObject({ errors: [{ field: 'config.releases' }] });
  });
});
