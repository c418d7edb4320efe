import { MiraConfig } from '../../src/config/mira.config';
import { AddressPolicy } from '@mira/outbound';
import { Agent, type AgentResult } from '../../src/agent/agent';
import { AgentRegistry } from '../../src/agent/agent.registry';
import { loadConfig } from '../../src/config/load-config';
import { newId } from '../../src/database/new-id';
import { IntegrationRepository } from '../../src/n8n/integration.repository';
import { IntegrationService } from '../../src/n8n/integration.service';
import { RouteOrder } from '../../src/webhook/delivery/hold/route.order';
import { DeliveryQueue } from '../../src/webhook/delivery/queue/delivery.queue';
import { EventRepository } from '../../src/webhook/event/event.repository';
import { ReplayCounter } from '../../src/webhook/replay/replay.counter';
import { ReplayKeeper } from '../../src/webhook/replay/replay.keeper';
import { ReplayPlanner } from '../../src/webhook/replay/replay.planner';
import { ReplayRepository } from '../../src/webhook/replay/replay.repository';
import { ReplayService } from '../../src/webhook/replay/replay.service';
import { ReplaySteps } from '../../src/webhook/replay/replay.steps';
import { RouteDirectory } from '../../src/webhook/route/route.directory';
import { RouteMaker } from '../../src/webhook/route/route.maker';
import { RouteRepository } from '../../src/webhook/route/route.repository';
import { RouteTargets } from '../../src/webhook/route/route.targets';
import type { TestDatabase } from './databases';
import { plansOn } from './plans';
import { RememberedTrail } from './trails';

class Librarian extends Agent {
  readonly name = 'librarian';
  readonly description = 'Puts events on a shelf.';

  async handle(): Promise<AgentResult> {
    return { kind: 'done' };
  }
}

interface DeliveryRow {
  id: string;
  event_id: string;
  route_id: string;
  replay_id: string;
  status: string;
  held_for: string | null;
  position: string | null;
  next_attempt_at: Date;
}

/** A tenant's events and deliveries, and what replays them, on a real database. */
export class Replaying {
  readonly config = loadConfig({ env: { MIRA_WEBHOOK_MAX_ROUTES: '6' }, cwd: '/nowhere' });
  readonly trail = new RememberedTrail();
  readonly replays: ReplayService;
  readonly steps: ReplaySteps;
  readonly keeper: ReplayKeeper;
  readonly order: RouteOrder;
  readonly integrations: IntegrationService;
  readonly routes: RouteDirectory;
  tenantId = newId();
  routeId = newId();

  constructor(
    private readonly database: TestDatabase,
    readonly queue: DeliveryQueue,
  ) {
    const { dataSource, tenants, cipher } = database;
    const { config, trail } = this;
    const { features, limits, usage } = plansOn(database);
    const agents = new AgentRegistry();
    agents.register(new Librarian());
    const policy = new AddressPolicy(['127.0.0.0/8']);
    const known = new IntegrationRepository();
    const integrations = new IntegrationService(tenants, known, cipher, policy, features, limits, usage, trail);
    const [order, stored] = [new RouteOrder(queue), new RouteRepository()];
    const targets = new RouteTargets(integrations, agents, features);
    const routes = new RouteDirectory(stored, targets, new RouteMaker(config, stored, trail));
    const [events, replays] = [new EventRepository(), new ReplayRepository()];
    const planner = new ReplayPlanner(events, routes, agents);
    const counter = new ReplayCounter(tenants, events, replays, routes, planner);
    this.order = order;
    this.integrations = integrations;
    this.routes = routes;
    this.steps = new ReplaySteps(replays, events, routes, planner, queue, order);
    const { steps } = this;
    this.replays = new ReplayService(
      new MiraConfig(),
      tenants,
      replays,
      events,
      routes,
      counter,
      planner,
      steps,
      queue,
      order,
      trail,
    );
    this.keeper = new ReplayKeeper(config, dataSource, tenants, replays, steps, queue);
  }

  sql<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return this.database.dataSource.query(text, values);
  }

  /** Another tenant from here on, with a route of GitHub's pushes to an agent. */
  async begin(): Promise<void> {
    this.tenantId = newId();
    await this.sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'enterprise')`, [this.tenantId]);
    this.routeId = await this.aRoute(null);
  }

  async aRoute(filter: string | null, { enabled = true, ordered = false } = {}): Promise<string> {
    const id = newId();
    await this.sql(
      `INSERT INTO routes (tenant_id, id, name, service, event_types, filter, target_kind, agent_name, enabled, ordered)
       VALUES ($1, $2, 'pushes', 'github', '{push}', $3, 'agent', 'librarian', $4, $5)`,
      [this.tenantId, id, filter, enabled, ordered],
    );
    return id;
  }

  async anEvent(body: object = {}, eventType = 'push', owner = this.tenantId): Promise<string> {
    const id = newId();
    await this.sql(
      `INSERT INTO webhook_events (tenant_id, id, service, event_type, content_type, headers, body, received_at)
       VALUES ($1, $2, 'github', $3, 'application/json', '{}', $4, now())`,
      [owner, id, eventType, Buffer.from(JSON.stringify(body))],
    );
    return id;
  }

  async aDelivery(
    status: string,
    more: { cause?: string; routeId?: string; position?: number; eventId?: string } = {},
  ): Promise<string> {
    const id = newId();
    await this.sql(
      `INSERT INTO deliveries (tenant_id, id, event_id, route_id, status, cause, attempt_count, position, created_at,
         completed_at)
       VALUES ($1, $2, $3, $4, $5, $6, 7, $7, now(), now() - interval '1 minute')`,
      [
        this.tenantId,
        id,
        more.eventId ?? newId(),
        more.routeId ?? this.routeId,
        status,
        more.cause ?? null,
        more.position ?? null,
      ],
    );
    return id;
  }

  /** As if those whose step failed had waited. */
  async pausesAreOver(): Promise<void> {
    await this.sql(`UPDATE replays SET updated_at = now() - interval '1 hour' WHERE tenant_id = $1`, [this.tenantId]);
  }

  deliveries(): Promise<DeliveryRow[]> {
    return this.sql('SELECT * FROM deliveries WHERE tenant_id = $1 ORDER BY next_attempt_at, id', [this.tenantId]);
  }

  /** `queued`, `held:order` …, in the order of their places. */
  async line(): Promise<string[]> {
    const rows = await this.sql<DeliveryRow>(
      `SELECT * FROM deliveries WHERE tenant_id = $1 AND position IS NOT NULL AND status IN ('queued', 'held', 'dead')
       ORDER BY position`,
      [this.tenantId],
    );
    return rows.map(({ id, status, held_for }) => `${id} ${held_for === null ? status : `${status}:${held_for}`}`);
  }

  jobsOf(id: string): Promise<{ attempt: number; start_after: Date }[]> {
    return this.sql(
      `SELECT (data ->> 'attempt')::int AS attempt, start_after FROM pgboss.job
       WHERE data -> 'delivery_ids' @> to_jsonb($1::text)`,
      [id],
    );
  }
}
