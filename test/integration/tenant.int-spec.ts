import { PageQuery } from '@mira/page';
import { MiraConfig } from '../../src/config/mira.config';
import { newId } from '../../src/database/new-id';
import { ownedTables } from '../../src/database/owned-tables';
import { protectTenantTable } from '../../src/database/tenant-owned';
import { OwnedRows } from '../../src/tenant/owned-rows';
import { TenantDeletion } from '../../src/tenant/tenant.deletion';
import { Tenant } from '../../src/tenant/tenant.entity';
import { TenantRepository } from '../../src/tenant/tenant.repository';
import { TenantService } from '../../src/tenant/tenant.service';
import { eventually } from '../support/eventually';
import { describeOnEachDatabase } from '../support/databases';
import { aPrincipal, CountingLease } from '../support/principals';
import { refusalOf } from '../support/refusals';
import { RememberedTrail } from '../support/trails';

describeOnEachDatabase(
  'tenants',
  (database) => {
    const admin = aPrincipal('admin');
    let lease: CountingLease;
    let tenants: TenantService;
    let sut: TenantDeletion;

    beforeAll(async () => {
      const { dataSource } = database();
      // A table of a feature that nobody thought of, which refers to one that refers to others.
      const runner = dataSource.createQueryRunner();
      await runner.query(`
        CREATE TABLE "Later things" (
          tenant_id uuid NOT NULL, id uuid NOT NULL, project_id uuid NOT NULL, parent_id uuid,
          PRIMARY KEY (tenant_id, id),
          FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id),
          FOREIGN KEY (tenant_id, parent_id) REFERENCES "Later things" (tenant_id, id)
        )`);
      await protectTenantTable(runner, '"Later things"');
      await runner.query('CREATE SCHEMA pgboss');
      await runner.query('CREATE TABLE pgboss.job (id uuid, group_id text, data jsonb)');
      await runner.release();
    });

    beforeEach(() => {
      const { dataSource } = database();
      lease = new CountingLease();
      tenants = new TenantService(dataSource, new TenantRepository(), new MiraConfig(), lease, new RememberedTrail());
      sut = new TenantDeletion(dataSource, new TenantRepository(), new OwnedRows(), lease, new RememberedTrail());
    });

    const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);

    /** A tenant with rows in every table that there is. */
    async function aFullTenant(name = 'Full'): Promise<string> {
      const { id } = await tenants.add(admin, { name });
      const [user, key, session, endpoint, integration, route, event, delivery, project, thing] = Array.from(
        Array(10),
        newId,
      );
      const insert = (table: string, row: Record<string, unknown>) => {
        const columns = Object.keys(row);
        return sql(
          `INSERT INTO ${table} (tenant_id, ${columns.join(', ')}) VALUES ($1, ${columns.map((_, n) => `$${n + 2}`).join(', ')})`,
          [id, ...Object.values(row)],
        );
      };
      await insert('users', { id: user, username: `of-${id}`, role: 'admin' });
      const keyHash = Buffer.from(`${key}`.replaceAll('-', ''));
      await insert('api_keys', { id: key, user_id: user, name: 'k', key_hash: keyHash });
      const end = new Date(Date.now() + 60_000);
      await insert('sessions', { id: session, user_id: user, expires_at: end });
      const tokenHash = Buffer.from(`${session}`.replaceAll('-', ''));
      await insert('refresh_tokens', { id: newId(), session_id: session, token_hash: tokenHash, expires_at: end });
      await insert('webhook_endpoints', { id: endpoint, service: 'github', name: 'e', secret: Buffer.of(1) });
      const http = { name: 'i', base_url: 'http://n8n', signing_secret: Buffer.of(1) };
      await insert('integrations', { id: integration, kind: 'n8n', ...http });
      const target = { target_kind: 'n8n', integration_id: integration, workflow_id: 'w' };
      await insert('routes', { id: route, name: 'r', service: 'github', ...target });
      const now = new Date();
      await insert('webhook_events', { id: event, service: 'github', headers: {}, body: '', received_at: now });
      // More than one statement deletes.
      await sql(
        `INSERT INTO webhook_events (tenant_id, id, service, headers, body, received_at)
         SELECT $1, gen_random_uuid(), 'github', '{}', '', now() FROM generate_series(1, 1500)`,
        [id],
      );
      await insert('webhook_dedup_keys', { scope: 's', dedup_key: 'k', event_id: event, received_at: now });
      await insert('deliveries', { id: delivery, event_id: event, route_id: route, created_at: now });
      const attempt = { delivery_id: delivery, number: 1, started_at: now, duration_ms: 1, outcome: 'retry' };
      await insert('delivery_attempts', attempt);
      const execution = { delivery_id: delivery, number: 1, execution_id: '1', how: 'webhook', status: 'running' };
      await insert('delivery_executions', execution);
      const hold = { scope: 'route', target_id: route, reason: 'starting', detail: 'It starts.', probe_at: now };
      await insert('holds', hold);
      await insert('route_positions', { route_id: route, last: 1 });
      const replay = { kind: 'replay', selection: {}, rate_per_second: 1, up_to: event, next_start_at: now };
      await insert('replays', { id: newId(), ...replay });
      const alert = { limit_name: 'max_users', starts_on: '2026-11-01', threshold_percent: 80, max: 5, used: 4 };
      await insert('limit_alerts', alert);
      await insert('projects', { id: project, name: 'p' });
      await insert('tasks', { id: newId(), project_id: project, title: 't', status: 'open', assignee_id: user });
      await insert('agent_settings', { agent_name: 'a', enabled: true, config: {} });
      await insert('benchmark_baselines', { name: 'b', since: '2026-11-22', version: '1.0.0', snapshot: {} });
      await insert('agent_handled_events', { event_id: event, agent_name: 'a' });
      const removal = { up_to: event, stored: 1, workflows: 0 };
      await insert('event_removals', removal);
      await insert('plan_overrides', { name: 'max_users', max: 9 });
      await insert('usage_counters', { metric: 'api_calls', period: 'day', starts_on: '2026-11-22', count: 1 });
      await insert('"Later things"', { id: thing, project_id: project });
      await insert('"Later things"', { id: newId(), project_id: project, parent_id: thing });
      const content = { id: newId(), at_ms: 1, action: 'a.b', resource_type: 'a' };
      await sql('SELECT audit_append($1, $2, NULL, NULL)', [id, content]);
      const checkpoint = { kind: 'seal', seq: 1, hash: Buffer.alloc(32), signature: Buffer.alloc(32) };
      await insert('audit_checkpoints', { ...checkpoint, signed_at: now });
      await sql('INSERT INTO pgboss.job VALUES (gen_random_uuid(), $1, NULL), (gen_random_uuid(), NULL, $2)', [
        id,
        { tenant_id: id },
      ]);
      for (const client of [`endpoint:${endpoint}`, `key:${key}`, `key:${user}`]) {
        await sql('INSERT INTO rate_limit_buckets VALUES ($1, 0, 0, 0, 0, 0)', [client]);
      }
      return id;
    }

    const ROWS = {
      '"Later things"': 2,
      agent_handled_events: 1,
      agent_settings: 1,
      api_keys: 1,
      audit_checkpoints: 1,
      audit_heads: 1,
      audit_logs: 1,
      benchmark_baselines: 1,
      deliveries: 1,
      delivery_attempts: 1,
      delivery_executions: 1,
      event_removals: 1,
      holds: 1,
      integrations: 1,
      limit_alerts: 1,
      plan_overrides: 1,
      projects: 1,
      queue_jobs: 2,
      rate_limit_buckets: 3,
      refresh_tokens: 1,
      replays: 1,
      route_positions: 1,
      route_versions: 1,
      routes: 1,
      sessions: 1,
      tasks: 1,
      usage_counters: 1,
      users: 1,
      webhook_dedup_keys: 1,
      webhook_endpoints: 1,
      webhook_events: 1_501,
    };

    async function everything(): Promise<unknown> {
      const tables = await ownedTables(database().dataSource.manager);
      const names = [...tables.map(({ name }) => name), 'pgboss.job', 'rate_limit_buckets'];
      return Promise.all(names.map((name) => sql(`SELECT '${name}' AS name, t::text FROM ${name} t ORDER BY 2`)));
    }

    it('go while somebody counts for them, and what is held of the counters is swept', async () => {
      const { kind, dataSource } = database();
      // The embedded database has one connection: nobody can hold a row meanwhile.
      if (kind === 'embedded') return;
      const { id } = await tenants.add(admin, { name: 'Counting' });
      await sql(`INSERT INTO usage_counters VALUES ($1, 'users_created', 'total', '1970-01-01', 0)`, [id]);
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.query('UPDATE usage_counters SET count = 1 WHERE tenant_id = $1', [id]);
      await sut.delete(admin, id, undefined);
      await runner.commitTransaction();
      await runner.release();
      expect(await sql('SELECT count::int FROM usage_counters WHERE tenant_id = $1', [id])).toEqual([{ count: 1 }]);
      expect(await sut.sweep()).toBe(1);
    });

    it('go while their holds and deliveries are locked, one after the other', async () => {
      const { kind, dataSource } = database();
      if (kind === 'embedded') return;
      const id = await aFullTenant();
      const deletions: Promise<unknown>[] = [];
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      for (const table of ['holds', 'route_positions', 'deliveries']) {
        await runner.query(`SELECT FROM ${table} WHERE tenant_id = $1 FOR UPDATE`, [id]);
        if (table !== 'holds') continue;
        // Only now does the deletion come, and waits where this one is ahead of it.
        const deletion = sut.delete(admin, id, 'Full');
        deletion.catch(() => undefined);
        deletions.push(deletion);
        await eventually(async () =>
          expect(
            await sql(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`),
          ).toHaveLength(1),
        );
      }
      await runner.commitTransaction();
      await runner.release();
      expect(await Promise.all(deletions)).toEqual([{ tenant_id: id, deleted: ROWS }]);
    });

    it('say what their deletion would take', async () => {
      const id = await aFullTenant();
      const expected = { tenant_id: id, name: 'Full', rows: ROWS, needs_confirmation: true };
      expect(await sut.preview(admin, id)).toEqual(expected);
      const { id: empty } = await tenants.add(admin, { name: 'Empty' });
      expect(await sut.preview(admin, empty)).toMatchObject({
        rows: { webhook_events: 0, users: 0 },
        needs_confirmation: false,
      });
    });

    it('go with all that is their own, and with nothing that is another’s', async () => {
      await aFullTenant('Neighbour');
      const before = await everything();
      const id = await aFullTenant();
      expect(await everything()).not.toEqual(before);
      expect(await sut.delete(admin, id, 'Full')).toEqual({ tenant_id: id, deleted: ROWS });
      expect(await everything()).toEqual(before);
      expect(lease.waits).toBe(1);
      expect(await refusalOf(tenants.get(admin, id))).toMatchObject({ status: 404 });
      expect(await refusalOf(sut.delete(admin, id, 'Full'))).toMatchObject({ status: 404 });
    });

    it.each([undefined, '', 'full', ' Full', 'Full '])(
      'with events stay where %j is said for their name',
      async (confirm) => {
        const id = await aFullTenant();
        const before = await everything();
        const refusal = await refusalOf(sut.delete(admin, id, confirm));
        expect(refusal).toMatchObject({
          status: 409,
          code: 'confirmation-required',
          members: { tenant_id: id, name: 'Full', rows: ROWS, needs_confirmation: true },
        });
        expect(await everything()).toEqual(before);
        expect(lease.waits).toBe(0);
      },
    );

    it('without events go unasked, but not under another’s name', async () => {
      const { id } = await tenants.add(admin, { name: 'Empty' });
      expect(await refusalOf(sut.delete(admin, id, 'Another'))).toMatchObject({ status: 409 });
      expect(await sut.delete(admin, id, undefined)).toMatchObject({ tenant_id: id, deleted: { users: 0 } });
    });

    it('leave nothing behind of what was on its way to them when they went', async () => {
      const neighbour = await aFullTenant('Neighbour');
      const id = await aFullTenant();
      await sut.delete(admin, id, 'Full');
      const before = await everything();
      // As a process does that looked the endpoint up before.
      await database().tenants.groupTransaction(
        [id, neighbour],
        { preamble: 'SELECT 1', timeoutMs: 10_000 },
        async (client) => {
          await client.query({
            text: `INSERT INTO webhook_events (tenant_id, id, service, headers, body, received_at)
                   VALUES ($1, $2, 'github', '{}', '', now())`,
            values: [id, newId()],
          });
        },
      );
      await sql('INSERT INTO pgboss.job VALUES (gen_random_uuid(), $1, NULL)', [id]);
      expect(await everything()).not.toEqual(before);
      expect(await sut.sweep()).toBe(2);
      expect(await everything()).toEqual(before);
      expect(await sut.sweep()).toBe(0);
    });

    it('are swept after for an hour, and forgotten then', async () => {
      await sql('DELETE FROM deleted_tenants');
      const { id } = await tenants.add(admin, { name: 'Short-lived' });
      await sut.delete(admin, id, undefined);
      const buried = async () => sql('SELECT tenant_id FROM deleted_tenants');
      await sql(`UPDATE deleted_tenants SET deleted_at = now() - interval '59 minutes'`);
      await sut.sweep();
      expect(await buried()).toEqual([{ tenant_id: id }]);
      await sql(`UPDATE deleted_tenants SET deleted_at = now() - interval '61 minutes'`);
      await sut.sweep();
      expect(await buried()).toEqual([]);
    });

    it('are deleted once, by whoever comes first', async () => {
      const id = await aFullTenant();
      const settled = await Promise.allSettled([1, 2, 3].map(() => sut.delete(admin, id, 'Full')));
      expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
      for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject({ status: 404 });
    });

    it('of the first start can be renamed, but neither deleted nor deactivated', async () => {
      await sql(`INSERT INTO tenants (id, name, tier, is_default) VALUES ($1, 'Default', 'basic', true)`, [newId()]);
      const [{ id } = { id: '' }]: { id: string }[] = await sql('SELECT id FROM tenants WHERE is_default');
      for (const attempt of [sut.delete(admin, id, 'Default'), tenants.update(admin, id, { active: false })]) {
        expect(await refusalOf(attempt)).toMatchObject({
          status: 409,
          message: expect.stringMatching(/default tenant/),
        });
      }
      expect(await tenants.update(admin, id, { name: 'Ours', active: true })).toMatchObject({
        name: 'Ours',
        active: true,
      });
    });

    it('are listed to an admin, newest first and page after page, and to others as their own alone', async () => {
      const [first, second] = [
        await tenants.add(admin, { name: 'first' }),
        await tenants.add(admin, { name: 'second' }),
      ];
      const page = await tenants.list(admin, Object.assign(new PageQuery(), { limit: 1 }));
      expect(page.data).toMatchObject([{ id: second.id }]);
      const next = Object.assign(new PageQuery(), { limit: 1, cursor: page.next_cursor });
      expect((await tenants.list(admin, next)).data).toMatchObject([{ id: first.id }]);
      const manager = aPrincipal('manager', { tenantId: first.id });
      expect(await tenants.list(manager, new PageQuery())).toMatchObject({
        data: [{ id: first.id }],
        next_cursor: null,
      });
      expect(await tenants.get(manager, first.id)).toMatchObject({ name: 'first' });
      for (const id of [second.id, newId()]) {
        expect(await refusalOf(tenants.get(manager, id))).toMatchObject({
          status: 404,
          message: 'There is no such tenant.',
        });
      }
    });

    it('are changed for good when the answer comes', async () => {
      const { id } = await tenants.add(admin, { name: 'a', tier: 'basic' });
      expect(await tenants.update(admin, id, { name: 'b' })).toMatchObject({ name: 'b', tier: 'basic', active: true });
      expect(lease.waits).toBe(0);
      const changes = { tier: 'professional', active: false } as const;
      expect(await tenants.update(admin, id, changes)).toMatchObject({ name: 'b', ...changes });
      expect(lease.waits).toBe(1);
    });

    it('are one alone where the configuration says so', async () => {
      const config = Object.assign(new MiraConfig(), { rbac: { enabled: false, tenant_isolation: true } });
      const alone = new TenantService(
        database().dataSource,
        new TenantRepository(),
        config,
        lease,
        new RememberedTrail(),
      );
      expect(await refusalOf(alone.add(admin, { name: 'second' }))).toMatchObject({
        status: 409,
        message: expect.stringMatching(/rbac\.enabled/),
      });
    });
  },
  [Tenant],
);
