import 'reflect-metadata';
import { faultsOf, faultyFieldsOf, readAs } from '../../../test/support/refusals';
import { CreateRouteDto, UpdateRouteDto } from './route.dto';

const integration_id = '0198c0de-0000-7000-8000-0000000000ff';
const toWorkflow = { kind: 'n8n', integration_id, workflow_id: 'aB3dE5gH7jK9mN1p' };
const aRoute = { name: 'Pushes', service: 'github', event_types: ['push'], target: toWorkflow };

describe('a new route', () => {
  it('may lead to a workflow by its id, to one by its path, to a receiver, or to an agent', async () => {
    for (const target of [
      toWorkflow,
      { kind: 'n8n', integration_id, webhook_path: 'orders/new' },
      { kind: 'http', integration_id },
      { kind: 'agent', agent: 'project_initialization' },
    ]) {
      expect(await readAs(CreateRouteDto, { ...aRoute, target })).toMatchObject({ target });
    }
  });

  it('needs a name, a service and a target, and may say more', async () => {
    const { name, service, target } = aRoute;
    expect(await faultyFieldsOf(CreateRouteDto, { name, service, target })).toEqual([]);
    expect(await faultyFieldsOf(CreateRouteDto, { ...aRoute, enabled: false })).toEqual([]);
    expect(new Set(await faultyFieldsOf(CreateRouteDto, undefined))).toEqual(new Set(['name', 'service', 'target']));
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'a\0' }, 'name'],
    [{ service: 'nobody' }, 'service'],
    [{ service: 'constructor' }, 'service'],
    [{ event_types: 'push' }, 'event_types'],
    [{ event_types: null }, 'event_types'],
    [{ event_types: [''] }, 'event_types'],
    [{ event_types: Array(101).fill('push') }, 'event_types'],
    [{ event_types: ['x'.repeat(256)] }, 'event_types'],
    [{ enabled: 'yes' }, 'enabled'],
    [{ enabled: null }, 'enabled'],
    [{ filter: {} }, 'filter'],
    [{ filter: '' }, 'filter'],
    [{ filter: ['true'] }, 'filter'],
    [{ id: integration_id }, 'id'],
    [{ target: null }, 'target'],
    [{ target: 'agent' }, 'target'],
    [{ target: [] }, 'target'],
    [{ target: [toWorkflow] }, 'target'],
    [{ target: {} }, 'target.kind'],
    [{ target: { kind: ['n8n'] } }, 'target.kind'],
    [{ target: { kind: '__proto__' } }, 'target.kind'],
    [{ target: { kind: 'http' } }, 'target.integration_id'],
    [{ target: { kind: 'http', integration_id, webhook_path: 'a' } }, 'target.webhook_path'],
    [{ target: { kind: 'agent' } }, 'target.agent'],
    [{ target: { kind: 'agent', agent: 'a', integration_id } }, 'target.integration_id'],
    [{ target: { ...toWorkflow, agent: 'a' } }, 'target.agent'],
    [{ target: { ...toWorkflow, integration_id: 'first' } }, 'target.integration_id'],
    [{ target: { ...toWorkflow, workflow_id: '../1' } }, 'target.workflow_id'],
    [{ target: { ...toWorkflow, workflow_id: null } }, 'target.workflow_id'],
    [{ target: { kind: 'n8n', integration_id, webhook_path: 'a/../b' } }, 'target.webhook_path'],
    [{ target: { kind: 'n8n', integration_id, webhook_path: null } }, 'target.webhook_path'],
  ])('is refused with %j', async (wrong, field) => {
    expect(await faultyFieldsOf(CreateRouteDto, { ...aRoute, ...wrong })).toEqual([field]);
  });

  it('may have a filter, and is told where a wrong one cannot be read', async () => {
    for (const filter of [null, 'payload.action == "opened"', 'headers["X-A"] != event_type or service == "github"']) {
      expect(await readAs(CreateRouteDto, { ...aRoute, filter })).toMatchObject({ filter });
    }
    expect(await faultsOf(CreateRouteDto, { ...aRoute, filter: 'payload.action = "opened"' })).toEqual(
      new Map([['filter', 'cannot be read at column 16: expected == instead of =']]),
    );
    expect(await faultsOf(UpdateRouteDto, { filter: 7 })).toEqual(
      new Map([['filter', 'must be a filter, or null for none']]),
    );
  });

  it('is told which kinds of targets there are', async () => {
    const faults = await faultsOf(CreateRouteDto, { ...aRoute, target: { kind: 'ftp', url: 'https://example.com' } });
    expect(faults.get('target.kind')).toBe('must be one of the kinds that there are: n8n, http, agent');
  });

  it('names the workflow in one way, not in two and not in none', async () => {
    const both = { ...toWorkflow, webhook_path: 'orders' };
    expect(await faultsOf(CreateRouteDto, { ...aRoute, target: both })).toEqual(
      new Map([['target.webhook_path', 'cannot stand beside workflow_id: give one of the two']]),
    );
    expect(await faultsOf(CreateRouteDto, { ...aRoute, target: { kind: 'n8n', integration_id } })).toEqual(
      new Map([['target.workflow_id', 'must be the id of a workflow, unless webhook_path says its path']]),
    );
  });

  it('keeps a path without the slash before it', async () => {
    const target = { kind: 'n8n', integration_id, webhook_path: '/orders' };
    expect(await readAs(CreateRouteDto, { ...aRoute, target })).toMatchObject({ target: { webhook_path: 'orders' } });
  });
});

describe('a change of a route', () => {
  it('may be of anything, or of nothing', async () => {
    expect(await faultyFieldsOf(UpdateRouteDto, {})).toEqual([]);
    expect(await faultyFieldsOf(UpdateRouteDto, { ...aRoute, enabled: false })).toEqual([]);
  });

  it('takes nothing away', async () => {
    const nothing = { name: null, service: null, event_types: null, target: null, enabled: null };
    expect(await faultyFieldsOf(UpdateRouteDto, nothing)).toEqual(Object.keys(nothing));
  });

  it('replaces a target as a whole', async () => {
    expect(await faultyFieldsOf(UpdateRouteDto, { target: { kind: 'n8n', webhook_path: 'orders' } })).toEqual([
      'target.integration_id',
    ]);
  });
});
