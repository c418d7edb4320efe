import type { Permission } from '@mira/access';
import { signedAsGeneric } from '../signed';
import { promisedTo } from './contract';
import type { Place, ThingKind } from './world';

/**
 * What one route asks of those who call it, and how it is called well. Nothing here is about roles: who may is derived
 * from the promised matrix.
 */
export interface RouteRow {
  readonly needs: 'nothing' | 'a credential' | readonly [Permission, ...Permission[]];
  /** The exact answer to a good call by somebody who may. */
  readonly succeeds: number;
  /** What the id in the path is of. */
  readonly thing?: ThingKind;
  /** What other ids in the path are of. */
  readonly within?: Readonly<Record<string, ThingKind>>;
  /** The path's other parameters. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  /** Valid, so that nothing but who calls can be wrong. */
  readonly body?: (place: Place) => unknown;
  readonly headers?: (place: Place, body: string) => Record<string, string>;
  /** It is about the caller or what is the caller's own, so each call has a fresh caller. */
  readonly own?: true;
  /** What an API key is answered where a sign-in is needed. */
  readonly byKey?: number;
  /** What an admin who acts in another tenant is answered, where that is no success. */
  readonly crossed?: number;
  /** What somebody of another tenant is answered who may do this at home, where the body names what is not theirs. */
  readonly foreignBody?: number;
  /** What a narrowed key must hold besides: nobody makes somebody who may do more. */
  readonly besides?: readonly Permission[];
  /** Tenants are for an admin to see without crossing over. */
  readonly seesAllTenants?: true;
  /** It answers with sums over what is the tenant's, or with figures of the process, and shows none of the tenant's things. */
  readonly sums?: true;
  /** Declared public, for its own guard finds out who sends. */
  readonly guardedBySender?: true;
}

const HOOK = '{"type":"a"}';
const target = ({ things }: Place) => ({ kind: 'n8n', integration_id: things.integration, webhook_path: 'x' });

/** One row a route. The sweep finds the routes by itself, and fails for one without a row, and for a row without one. */
export const ROUTES: Readonly<Record<string, RouteRow>> = {
  'GET /health': { needs: 'nothing', succeeds: 200 },
  'GET /health/live': { needs: 'nothing', succeeds: 200 },
  'GET /health/ready': { needs: 'nothing', succeeds: 200 },
  'GET /metrics': { needs: 'nothing', succeeds: 200 },
  'GET /metrics/prometheus': { needs: 'nothing', succeeds: 200 },

  'POST /webhook/:service': {
    needs: ['webhook:receive'],
    guardedBySender: true,
    succeeds: 202,
    params: { service: 'generic' },
    body: () => JSON.parse(HOOK),
  },
  // Whatever credential is sent along: the endpoint's own proof is what counts.
  'POST /webhook/:service/:endpoint_id': {
    needs: 'nothing',
    succeeds: 202,
    params: { service: 'generic' },
    thing: 'endpoint',
    body: () => JSON.parse(HOOK),
    headers: ({ endpointSecret }, body) => signedAsGeneric(body, endpointSecret),
  },

  // As Trello looks whether an address is there. The sweep asks by HEAD too.
  'GET /webhook/:service/:endpoint_id': {
    needs: 'nothing',
    succeeds: 200,
    params: { service: 'trello' },
    thing: 'probed',
  },

  'POST /api/v1/auth/login': {
    needs: 'nothing',
    succeeds: 200,
    own: true,
    body: ({ caller, password }) => ({ username: caller.username, password }),
  },
  'POST /api/v1/auth/refresh': {
    needs: 'nothing',
    succeeds: 200,
    own: true,
    body: ({ caller }) => ({ refresh_token: caller.refreshToken }),
  },
  'POST /api/v1/auth/logout': { needs: 'a credential', succeeds: 204, own: true, byKey: 400 },
  'POST /api/v1/auth/logout-all': { needs: 'a credential', succeeds: 204, own: true },
  'GET /api/v1/auth/me': { needs: 'a credential', succeeds: 200 },
  'GET /api/v1/access/explain': { needs: 'a credential', succeeds: 200, query: 'permission=tenant:delete' },

  'GET /api/v1/tenants': { needs: ['tenant:read'], succeeds: 200, seesAllTenants: true },
  'POST /api/v1/tenants': { needs: ['tenant:create'], succeeds: 201, body: ({ name }) => ({ name }) },
  'GET /api/v1/tenants/:id': { needs: ['tenant:read'], succeeds: 200, thing: 'tenant', seesAllTenants: true },
  'PATCH /api/v1/tenants/:id': {
    needs: ['tenant:update'],
    succeeds: 200,
    thing: 'tenant',
    body: ({ name }) => ({ name }),
    seesAllTenants: true,
  },
  'GET /api/v1/tenants/:id/deletion': {
    needs: ['tenant:delete'],
    succeeds: 200,
    thing: 'tenant',
    seesAllTenants: true,
  },
  'DELETE /api/v1/tenants/:id': { needs: ['tenant:delete'], succeeds: 200, thing: 'tenant', seesAllTenants: true },
  'GET /api/v1/tenants/:id/tier-preview': {
    needs: ['tenant:update'],
    succeeds: 200,
    thing: 'tenant',
    query: 'tier=basic',
    seesAllTenants: true,
  },
  'GET /api/v1/tenants/:id/overrides': {
    needs: ['tenant:update'],
    succeeds: 200,
    thing: 'tenant',
    seesAllTenants: true,
  },
  'PUT /api/v1/tenants/:id/overrides/:name': {
    needs: ['tenant:update'],
    succeeds: 200,
    thing: 'tenant',
    params: { name: 'max_projects' },
    body: () => ({ max: 1_000 }),
    seesAllTenants: true,
  },
  // Agreed on nothing yet.
  'DELETE /api/v1/tenants/:id/overrides/:name': {
    needs: ['tenant:update'],
    succeeds: 404,
    thing: 'tenant',
    params: { name: 'max_users' },
    seesAllTenants: true,
  },

  'GET /api/v1/plans': { needs: 'a credential', succeeds: 200 },
  'GET /api/v1/limits': { needs: ['usage:read'], succeeds: 200, sums: true },
  'GET /api/v1/features': { needs: ['usage:read'], succeeds: 200, sums: true },
  'GET /api/v1/benchmarks': { needs: ['benchmark:read'], succeeds: 200, sums: true },
  'GET /api/v1/benchmarks/compare': {
    needs: ['benchmark:read'],
    succeeds: 404,
    query: 'baseline=nobodys',
    sums: true,
  },
  'GET /api/v1/benchmarks/baselines': { needs: ['benchmark:read'], succeeds: 200, sums: true },
  'POST /api/v1/benchmarks/baselines': {
    needs: ['benchmark:read'],
    succeeds: 201,
    body: () => ({ name: `b${Math.random().toString(36).slice(2)}` }),
  },
  'DELETE /api/v1/benchmarks/baselines/:name': {
    needs: ['benchmark:read'],
    succeeds: 404,
    params: { name: 'nobodys' },
  },
  'GET /api/v1/benchmarks/:name': {
    needs: ['benchmark:read'],
    succeeds: 200,
    params: { name: 'permission_check' },
    sums: true,
  },
  'GET /api/v1/sla': { needs: ['usage:read'], succeeds: 200, sums: true },
  'GET /api/v1/analytics': { needs: ['usage:read'], succeeds: 200, sums: true },
  'GET /api/v1/usage/series': { needs: ['usage:read'], succeeds: 200, query: 'metric=api_calls', sums: true },
  'GET /api/v1/usage/export': { needs: ['usage:read'], succeeds: 200, sums: true },

  'GET /api/v1/users/me': { needs: 'a credential', succeeds: 200, crossed: 403 },
  'PATCH /api/v1/users/me': {
    needs: 'a credential',
    succeeds: 200,
    own: true,
    body: () => ({ email: null }),
    crossed: 403,
  },
  'POST /api/v1/users/me/password': {
    needs: 'a credential',
    succeeds: 204,
    own: true,
    byKey: 403,
    body: ({ password }) => ({ old_password: password, new_password: `${password}, but longer` }),
    crossed: 403,
  },
  'GET /api/v1/users': { needs: ['user:read'], succeeds: 200 },
  'POST /api/v1/users': {
    needs: ['user:create'],
    besides: promisedTo('viewer'),
    succeeds: 201,
    body: ({ name }) => ({ username: name }),
  },
  'GET /api/v1/users/:id': { needs: ['user:read'], succeeds: 200, thing: 'user' },
  'PATCH /api/v1/users/:id': {
    needs: ['user:update'],
    besides: promisedTo('viewer'),
    succeeds: 200,
    thing: 'user',
    body: () => ({ active: false }),
  },
  'DELETE /api/v1/users/:id': {
    needs: ['user:delete'],
    besides: promisedTo('viewer'),
    succeeds: 204,
    thing: 'user',
  },

  // One's own. Those of others are a test of their own.
  'GET /api/v1/api-keys': { needs: 'a credential', succeeds: 200 },
  'POST /api/v1/api-keys': {
    needs: 'a credential',
    succeeds: 201,
    own: true,
    body: ({ name, member }) => ({ name, user_id: member }),
    foreignBody: 400,
  },
  'GET /api/v1/api-keys/:id': { needs: 'a credential', succeeds: 200, thing: 'apiKey', own: true },
  'POST /api/v1/api-keys/:id/rotate': {
    needs: 'a credential',
    succeeds: 200,
    thing: 'apiKey',
    own: true,
    body: () => ({}),
  },
  'DELETE /api/v1/api-keys/:id': { needs: 'a credential', succeeds: 204, thing: 'apiKey', own: true },

  'GET /api/v1/projects': { needs: ['project:read'], succeeds: 200 },
  'POST /api/v1/projects': { needs: ['project:create'], succeeds: 201, body: ({ name }) => ({ name }) },
  'GET /api/v1/projects/:id': { needs: ['project:read'], succeeds: 200, thing: 'project' },
  'PATCH /api/v1/projects/:id': {
    needs: ['project:update'],
    succeeds: 200,
    thing: 'project',
    body: ({ name }) => ({ name }),
  },
  'DELETE /api/v1/projects/:id': { needs: ['project:delete'], succeeds: 200, thing: 'project' },
  'GET /api/v1/projects/:id/tasks': { needs: ['project:read'], succeeds: 200, thing: 'project' },
  'POST /api/v1/projects/:id/tasks': {
    needs: ['project:update'],
    succeeds: 201,
    thing: 'project',
    body: ({ name }) => ({ title: name }),
  },
  'GET /api/v1/projects/:id/tasks/:task_id': {
    needs: ['project:read'],
    succeeds: 200,
    thing: 'task',
    within: { id: 'project' },
  },
  'PATCH /api/v1/projects/:id/tasks/:task_id': {
    needs: ['project:update'],
    succeeds: 200,
    thing: 'task',
    within: { id: 'project' },
    body: () => ({ status: 'completed' }),
  },
  'DELETE /api/v1/projects/:id/tasks/:task_id': {
    needs: ['project:update'],
    succeeds: 204,
    thing: 'task',
    within: { id: 'project' },
  },

  // They are the program's own; what a tenant has of them is how it set them.
  'GET /api/v1/agents': { needs: ['agent:execute'], succeeds: 200, sums: true },
  'GET /api/v1/agents/:name': {
    needs: ['agent:execute'],
    succeeds: 200,
    params: { name: 'task_update' },
    sums: true,
  },
  'POST /api/v1/agents/:name/execute': {
    needs: ['agent:execute'],
    // This agent's own.
    besides: ['project:update'],
    succeeds: 202,
    params: { name: 'task_update' },
    body: ({ name }) => ({ data: { title: name } }),
  },
  'PATCH /api/v1/agents/:name': {
    needs: ['agent:configure'],
    succeeds: 200,
    params: { name: 'task_update' },
    body: () => ({ enabled: true }),
  },

  'GET /api/v1/integrations': { needs: ['integration:read'], succeeds: 200 },
  'POST /api/v1/integrations': {
    needs: ['integration:create'],
    succeeds: 201,
    body: ({ name }) => ({ kind: 'n8n', name, config: { base_url: 'http://127.0.0.1:9' } }),
  },
  'GET /api/v1/integrations/:id': { needs: ['integration:read'], succeeds: 200, thing: 'integration' },
  'PATCH /api/v1/integrations/:id': {
    needs: ['integration:update'],
    succeeds: 200,
    thing: 'integration',
    body: ({ name }) => ({ name }),
  },
  'POST /api/v1/integrations/:id/rotate-signing-secret': {
    needs: ['integration:update'],
    succeeds: 200,
    thing: 'integration',
  },
  'DELETE /api/v1/integrations/:id': { needs: ['integration:delete'], succeeds: 204, thing: 'integration' },

  // Nobody listens there, and it has no API key.
  'POST /api/v1/integrations/connect': {
    needs: ['integration:create'],
    succeeds: 201,
    body: ({ name }) => ({ kind: 'n8n', name, config: { base_url: 'http://127.0.0.1:9' } }),
  },
  'POST /api/v1/integrations/:id/test': { needs: ['integration:update'], succeeds: 200, thing: 'integration' },
  'GET /api/v1/integrations/:id/workflows': { needs: ['integration:read'], succeeds: 409, thing: 'integration' },
  'POST /api/v1/integrations/:id/workflows/:workflow_id/trigger': {
    needs: ['agent:execute'],
    succeeds: 409,
    thing: 'integration',
    params: { workflow_id: 'a' },
    body: () => ({ data: {} }),
  },
  'GET /api/v1/integrations/:id/executions/:execution_id': {
    needs: ['integration:read'],
    succeeds: 409,
    thing: 'integration',
    params: { execution_id: '1' },
  },
  'POST /api/v1/integrations/:id/sync': {
    needs: ['agent:execute'],
    succeeds: 200,
    thing: 'integration',
    body: () => ({ type: 'project_events', data: {} }),
  },

  'GET /api/v1/webhook-endpoints': { needs: ['webhook:read'], succeeds: 200 },
  'POST /api/v1/webhook-endpoints': {
    needs: ['webhook:configure'],
    succeeds: 201,
    body: ({ name }) => ({ name, service: 'github' }),
  },
  'GET /api/v1/webhook-endpoints/:id': { needs: ['webhook:read'], succeeds: 200, thing: 'endpoint' },
  'PATCH /api/v1/webhook-endpoints/:id': {
    needs: ['webhook:configure'],
    succeeds: 200,
    thing: 'endpoint',
    body: () => ({ enabled: false }),
  },
  'POST /api/v1/webhook-endpoints/:id/rotate-secret': {
    needs: ['webhook:configure'],
    succeeds: 200,
    thing: 'endpoint',
    body: () => ({}),
  },
  'DELETE /api/v1/webhook-endpoints/:id': { needs: ['webhook:configure'], succeeds: 204, thing: 'endpoint' },

  'GET /api/v1/routes': { needs: ['webhook:read'], succeeds: 200 },
  'POST /api/v1/routes': {
    needs: ['webhook:configure'],
    succeeds: 201,
    body: (place) => ({ name: place.name, service: 'github', target: target(place) }),
    foreignBody: 400,
  },
  'GET /api/v1/routes/:id': { needs: ['webhook:read'], succeeds: 200, thing: 'route' },
  'PATCH /api/v1/routes/:id': {
    needs: ['webhook:configure'],
    succeeds: 200,
    thing: 'route',
    body: (place) => ({ enabled: false, target: target(place) }),
  },
  'POST /api/v1/routes/:id/test': {
    needs: ['webhook:read'],
    succeeds: 200,
    thing: 'route',
    body: () => ({ service: 'github', payload: { a: 1 } }),
  },
  'POST /api/v1/routes/:id/pause': { needs: ['webhook:configure'], succeeds: 200, thing: 'route' },
  'POST /api/v1/routes/:id/resume': { needs: ['webhook:configure'], succeeds: 200, thing: 'route' },
  'DELETE /api/v1/routes/:id': { needs: ['webhook:configure'], succeeds: 204, thing: 'route' },

  'GET /api/v1/events': { needs: ['webhook:read'], succeeds: 200 },
  'GET /api/v1/events/:id': { needs: ['webhook:read'], succeeds: 200, thing: 'event' },
  'GET /api/v1/events/:id/timeline': { needs: ['webhook:read'], succeeds: 200, thing: 'event' },
  'POST /api/v1/events/:id/replay': {
    needs: ['webhook:configure'],
    succeeds: 202,
    thing: 'event',
    body: (place) => ({ target: target(place) }),
  },
  'POST /api/v1/events/replay': {
    needs: ['webhook:configure'],
    succeeds: 202,
    body: ({ things }) => ({ event_ids: [things.event], route_id: things.route }),
    foreignBody: 400,
  },
  'GET /api/v1/replays': { needs: ['webhook:read'], succeeds: 200 },
  'GET /api/v1/replays/:id': { needs: ['webhook:read'], succeeds: 200, thing: 'replay' },
  'POST /api/v1/replays/:id/cancel': { needs: ['webhook:configure'], succeeds: 200, thing: 'replay' },
  'GET /api/v1/events/:id/body': { needs: ['webhook:read'], succeeds: 200, thing: 'event' },

  // By their kind, since refusals of the sweep itself are entries too, and would fill the first page.
  'GET /api/v1/audit-logs': { needs: ['audit:read'], succeeds: 200, query: 'resource_type=thing' },
  'GET /api/v1/audit-logs/export': { needs: ['audit:read'], succeeds: 200, query: 'format=csv&resource_type=thing' },
  'GET /api/v1/audit-logs/verify': { needs: ['audit:read'], succeeds: 200 },
  'GET /api/v1/audit-logs/:id': { needs: ['audit:read'], succeeds: 200, thing: 'auditEntry' },

  'GET /api/v1/deliveries': { needs: ['webhook:read'], succeeds: 200 },
  'GET /api/v1/deliveries/dead-letters': { needs: ['webhook:read'], succeeds: 200 },
  'POST /api/v1/deliveries/redrive': {
    needs: ['webhook:configure'],
    succeeds: 202,
    body: () => ({ cause: 'rejected', to: '2000-01-01' }),
  },
  'GET /api/v1/deliveries/:id': { needs: ['webhook:read'], succeeds: 200, thing: 'delivery' },
  'GET /api/v1/holds': { needs: ['webhook:read'], succeeds: 200 },
  'POST /api/v1/deliveries/:id/set-aside': { needs: ['webhook:configure'], succeeds: 200, thing: 'delivery' },
  'POST /api/v1/deliveries/:id/retry': { needs: ['webhook:configure'], succeeds: 202, thing: 'delivery' },
};
