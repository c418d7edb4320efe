import type { Permission, Role } from '@mira/access';
import { newId } from '../../../src/database/new-id';
import { generateApiKey, hashApiKey } from '../../../src/rbac/api-key/api-key.format';
import { PasswordHasher } from '../../../src/rbac/password.hasher';
import { AccessTokens } from '../../../src/rbac/session/access-token';
import { generateRefreshToken, hashRefreshToken } from '../../../src/rbac/session/refresh-token.format';
import type { TestMira } from '../mira';
import { PASSWORD } from '../people';
import { ROLES_PROMISED } from './contract';

export type ThingKind =
  | 'tenant'
  | 'user'
  | 'apiKey'
  | 'project'
  | 'task'
  | 'integration'
  | 'receiver'
  | 'endpoint'
  | 'probed'
  | 'route'
  | 'event'
  | 'delivery'
  | 'replay'
  | 'auditEntry';

/** Somebody with every kind of credential. */
export interface Caller {
  readonly tenantId: string;
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
  readonly apiKey: string;
  readonly token: string;
  readonly sessionId: string;
  readonly refreshToken: string;
}

/** What may be unusual about somebody and their key. */
export interface Oddities {
  readonly active?: boolean;
  readonly permissions?: readonly Permission[];
  readonly networks?: readonly string[];
  readonly keyEnds?: string;
  readonly keyRevoked?: string;
  readonly keyRotatedUntil?: string;
  readonly sessionEnded?: string;
}

/** A tenant with somebody of each role and one of each thing. */
export interface Tenancy {
  readonly tenantId: string;
  /** Stands in every name of what is the tenant's. */
  readonly mark: string;
  readonly people: Readonly<Record<Role, Caller>>;
  readonly things: Readonly<Record<ThingKind, string>>;
  readonly endpointSecret: string;
}

/** Where a call happens: what a body may be made of. */
export interface Place {
  readonly caller: Caller;
  readonly password: string;
  /** Somebody of the tenant that the call is about: the caller, where it is their own. */
  readonly member: string;
  readonly things: Readonly<Record<ThingKind, string>>;
  readonly endpointSecret: string;
  /** Free, whatever it is to be the name of. */
  readonly name: string;
}

/** Two tenants that must know nothing of each other, made as fast as the database takes rows. */
export class World {
  private constructor(
    readonly mira: TestMira,
    readonly passwordHash: string,
  ) {}

  private made?: { own: Tenancy; other: Tenancy };

  static async make(mira: TestMira): Promise<World> {
    const world = new World(mira, await new PasswordHasher().hash(PASSWORD));
    world.made = { own: await world.tenancy('zq7own'), other: await world.tenancy('zq7other') };
    return world;
  }

  /** The tenant whose things are tried. */
  get own(): Tenancy {
    return this.tenancies.own;
  }

  /** The one whose people have no business there. */
  get other(): Tenancy {
    return this.tenancies.other;
  }

  async tenant(mark: string, active = true): Promise<string> {
    const id = newId();
    await this.mira.sql(`INSERT INTO tenants (id, name, tier, active) VALUES ($1, $2, 'enterprise', $3)`, [
      id,
      `${mark}-${id}`,
      active,
    ]);
    await this.mira.sql(`INSERT INTO plan_overrides (tenant_id, name, max) VALUES ($1, 'max_integrations', -1)`, [id]);
    return id;
  }

  async caller(tenantId: string, role: Role, mark: string, odd: Oddities = {}): Promise<Caller> {
    const [userId, sessionId, apiKey, refreshToken] = [newId(), newId(), generateApiKey(), generateRefreshToken()];
    const username = `${mark}-${role}-${userId}`;
    const rotated = odd.keyRotatedUntil !== undefined;
    await this.mira.sql(
      `WITH person AS (INSERT INTO users (tenant_id, id, username, role, password_hash, active)
         VALUES ($1, $2, $3, $4, $5, $6)),
       key AS (INSERT INTO api_keys (tenant_id, id, user_id, name, key_hash, previous_key_hash, previous_expires_at,
           permissions, allowed_networks, expires_at, revoked_at)
         VALUES ($1, $7, $2, $3, $8, $9, now() + $10::interval, $11, $12, now() + $13::interval, now() + $14::interval)),
       session AS (INSERT INTO sessions (tenant_id, id, user_id, expires_at, ended_at)
         VALUES ($1, $15, $2, now() + interval '1 day', now() + $16::interval))
       INSERT INTO refresh_tokens (tenant_id, id, session_id, token_hash, expires_at)
         VALUES ($1, $17, $15, $18, now() + interval '1 day')`,
      [
        tenantId,
        userId,
        username,
        role,
        this.passwordHash,
        odd.active ?? true,
        newId(),
        hashApiKey(rotated ? generateApiKey() : apiKey),
        rotated ? hashApiKey(apiKey) : null,
        odd.keyRotatedUntil,
        odd.permissions,
        odd.networks,
        odd.keyEnds,
        odd.keyRevoked,
        sessionId,
        odd.sessionEnded,
        newId(),
        hashRefreshToken(refreshToken),
      ],
    );
    const token = this.mira.mira.app.get(AccessTokens).sign({ tenantId, userId, sessionId }, new Date());
    return { tenantId, userId, username, role, apiKey, token, sessionId, refreshToken };
  }

  /** A thing that nothing else depends on. */
  async thing(kind: ThingKind, tenancy: Omit<Tenancy, 'things'>, owner?: string): Promise<string> {
    const { tenantId, mark, people } = tenancy;
    const [id, name] = [newId(), `${mark}-${newId()}`];
    switch (kind) {
      case 'tenant':
        return this.tenant(mark);
      case 'user':
        return (await this.caller(tenantId, 'viewer', mark)).userId;
      case 'apiKey':
        await this.mira.sql(
          'INSERT INTO api_keys (tenant_id, id, user_id, name, key_hash) VALUES ($1, $2, $3, $4, $5)',
          [tenantId, id, owner ?? people.viewer.userId, name, hashApiKey(generateApiKey())],
        );
        return id;
      case 'project':
        await this.mira.sql('INSERT INTO projects (tenant_id, id, name) VALUES ($1, $2, $3)', [tenantId, id, name]);
        return id;
      case 'task':
        // Of the first project, which is the tenancy's own.
        await this.mira.sql(
          `INSERT INTO tasks (tenant_id, id, project_id, title, status)
           SELECT $1, $2, (SELECT id FROM projects WHERE tenant_id = $1 ORDER BY id LIMIT 1), $3, 'open'`,
          [tenantId, id, name],
        );
        return id;
      case 'integration':
        return this.posted(tenancy, 'integrations', { kind: 'n8n', name, config: { base_url: 'http://127.0.0.1:9' } });
      case 'receiver':
        return this.posted(tenancy, 'integrations', { kind: 'http', name, config: { url: 'http://127.0.0.1:9' } });
      case 'endpoint':
        return this.posted(tenancy, 'webhook-endpoints', { service: 'generic', name, secret: endpointSecretOf(mark) });
      case 'probed':
        return this.posted(tenancy, 'webhook-endpoints', { service: 'trello', name });
      case 'route': {
        const integration = await this.thing('integration', tenancy);
        const target = { kind: 'n8n', integration_id: integration, webhook_path: 'x' };
        return this.posted(tenancy, 'routes', { name, service: 'generic', target });
      }
      case 'replay':
        // Already cancelled: one that runs would be over before somebody looks at it.
        await this.mira.sql(
          `INSERT INTO replays (tenant_id, id, kind, selection, rate_per_second, reason, state, up_to, next_start_at)
           VALUES ($1, $2, 'replay', '{"filter":{}}', 1, $3, 'cancelled', $2, now())`,
          [tenantId, id, name],
        );
        return id;
      case 'auditEntry':
        await this.mira.sql('SELECT audit_append($1, $2, NULL, NULL)', [
          tenantId,
          { id, at_ms: Date.now(), action: 'thing.made', resource_type: 'thing' },
        ]);
        return id;
      case 'event':
      case 'delivery': {
        const call = { apiKey: people.admin.apiKey };
        const { json } = await this.mira.post('/webhook/generic', { type: 'a', of: mark }, call);
        if (kind === 'event') return String(json['id']);
        const [row] = await this.mira.sql('SELECT id FROM deliveries WHERE event_id = $1', [json['id']]);
        return String(row?.['id']);
      }
    }
  }

  private get tenancies() {
    if (!this.made) throw new Error('the world is not made yet');
    return this.made;
  }

  private async tenancy(mark: string): Promise<Tenancy> {
    const tenantId = await this.tenant(mark);
    const people = {} as Record<Role, Caller>;
    for (const role of ROLES_PROMISED) people[role] = await this.caller(tenantId, role, mark);
    const started = { tenantId, mark, people, endpointSecret: endpointSecretOf(mark) };
    const things = { tenant: tenantId } as Record<ThingKind, string>;
    // The route before the event, for a delivery is made along it.
    for (const kind of KINDS) things[kind] ??= await this.thing(kind, started);
    await this.givenUp(tenantId, things);
    await this.heldBack(tenantId, things);
    return { ...started, things };
  }

  /** For the list of what was given up, which would be empty. */
  private async givenUp(tenantId: string, { event, route }: Readonly<Record<ThingKind, string>>): Promise<void> {
    await this.mira.sql(
      `INSERT INTO deliveries (tenant_id, id, event_id, route_id, replay_id, status, cause, created_at, completed_at)
       VALUES ($1, $2, $3, $4, $2, 'dead', 'gone', now(), now())`,
      [tenantId, newId(), event, route],
    );
  }

  /** For the list of what keeps deliveries back, likewise. */
  private async heldBack(tenantId: string, { route }: Readonly<Record<ThingKind, string>>): Promise<void> {
    await this.mira.sql(
      `INSERT INTO holds (tenant_id, scope, target_id, reason, detail, probe_at)
       VALUES ($1, 'route', $2, 'not_registered', 'It is not active.', now() + interval '1 day')`,
      [tenantId, route],
    );
  }

  private async posted({ people }: Omit<Tenancy, 'things'>, collection: string, body: unknown): Promise<string> {
    const call = { apiKey: people.admin.apiKey };
    const { status, json } = await this.mira.post(`/api/v1/${collection}`, body, call);
    if (status !== 201) throw new Error(`${collection} answered ${status}: ${JSON.stringify(json)}`);
    return String(json['id']);
  }
}

const KINDS: readonly ThingKind[] = [
  'tenant',
  'user',
  'apiKey',
  'project',
  'task',
  'auditEntry',
  'integration',
  'receiver',
  'endpoint',
  'probed',
  'route',
  'event',
  'delivery',
  'replay',
];

function endpointSecretOf(mark: string): string {
  return `the secret of ${mark}, which is long enough`;
}
