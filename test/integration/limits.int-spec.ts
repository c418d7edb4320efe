import { AddressPolicy } from '@mira/outbound';
import { Problem } from '@mira/problem';
import { MiraConfig } from '../../src/config/mira.config';
import { newId } from '../../src/database/new-id';
import type { Tier } from '../../src/tenant/tenant.entity';
import { Integration } from '../../src/n8n/integration.entity';
import { IntegrationRepository } from '../../src/n8n/integration.repository';
import { IntegrationService } from '../../src/n8n/integration.service';
import { ProjectInitializationAgent } from '../../src/project/project-initialization.agent';
import { Project } from '../../src/project/project.entity';
import { ProjectRepository } from '../../src/project/project.repository';
import { ProjectService } from '../../src/project/project.service';
import { TaskRepository } from '../../src/project/task/task.repository';
import { PasswordHasher } from '../../src/rbac/password.hasher';
import { AccessTokens } from '../../src/rbac/session/access-token';
import { SessionRepository } from '../../src/rbac/session/session.repository';
import { SessionService } from '../../src/rbac/session/session.service';
import { User } from '../../src/rbac/user.entity';
import { UserRepository } from '../../src/rbac/user/user.repository';
import { UserService } from '../../src/rbac/user/user.service';
import { describeOnEachDatabase } from '../support/databases';
import { anAgentEvent } from '../support/agent-event';
import { plansOn } from '../support/plans';
import { aPrincipal, CountingLease } from '../support/principals';
import { refusalOf } from '../support/refusals';
import { SetClock } from '../support/set-clock';
import { ToldEvents } from '../support/told-events';
import { by, RememberedTrail } from '../support/trails';

describeOnEachDatabase(
  'limits',
  (database) => {
    const sql = (text: string, values: unknown[] = []) => database().dataSource.query(text, values);

    async function aTenant(tier: Tier = 'basic'): Promise<string> {
      const id = newId();
      await sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', $2)`, [id, tier]);
      return id;
    }

    /** What one process makes things with. */
    function aProcess(config = new MiraConfig()) {
      const { tenants, dataSource, cipher } = database();
      const plans = plansOn(database(), { config });
      const { features, limits, usage } = plans;
      const lease = new CountingLease();
      const trail = new RememberedTrail();
      const tokens = new AccessTokens([{ id: 'k', secret: Buffer.alloc(32, 1) }]);
      const sessions = new SessionService(tenants, new SessionRepository(dataSource), tokens, lease, trail);
      const users = new UserRepository();
      return {
        ...plans,
        projects: new ProjectService(
          tenants,
          new ProjectRepository(),
          new TaskRepository(),
          limits,
          usage,
          new ToldEvents(),
          trail,
        ),
        users: new UserService(tenants, users, new PasswordHasher(), sessions, config, lease, limits, usage, trail),
        integrations: new IntegrationService(
          tenants,
          new IntegrationRepository(),
          cipher,
          new AddressPolicy(),
          features,
          limits,
          usage,
          trail,
        ),
      };
    }

    type Process = ReturnType<typeof aProcess>;

    const aProject = ({ projects }: Process, tenantId: string, sourceEventId: string | null = null) =>
      projects.create(by(tenantId), { name: 'P', description: null, sourceEventId });
    const aUser = ({ users }: Process, tenantId: string) =>
      users.add(aPrincipal('admin', { tenantId }), { username: `u-${newId()}`, email: null });
    const anIntegration = ({ integrations }: Process, tenantId: string) =>
      integrations.create(by(tenantId), { kind: 'n8n', name: 'N', config: { base_url: 'https://n8n.example.com' } });

    async function countOf(table: string, tenantId: string): Promise<number> {
      const [row] = await sql(`SELECT count(*)::int AS n FROM ${table} WHERE tenant_id = $1`, [tenantId]);
      return row.n;
    }

    async function totalOf(metric: string, tenantId: string): Promise<number | undefined> {
      const [row] = await sql(
        `SELECT count::int AS n FROM usage_counters WHERE tenant_id = $1 AND metric = $2 AND period = 'total'`,
        [tenantId, metric],
      );
      return row?.n;
    }

    it.each([
      ['users', 'basic', 5, 'users_created', aUser],
      ['projects', 'basic', 10, 'projects_created', aProject],
      ['integrations', 'professional', 10, 'integrations_active', anIntegration],
    ] as const)('let several processes make so many %s and not one more', async (table, tier, max, metric, make) => {
      const tenantId = await aTenant(tier);
      const processes = [aProcess(), aProcess(), aProcess()];
      const wanted = Array.from({ length: max + 6 }, (_, n) => make(processes[n % 3] ?? aProcess(), tenantId));
      const results = await Promise.allSettled(wanted);
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      expect(refused).toHaveLength(6);
      for (const problem of refused) {
        expect(problem).toBeInstanceOf(Problem);
        expect(problem).toMatchObject({
          code: 'limit-reached',
          status: 402,
          members: { limit: max, used: max, tier, needed_tier: tier === 'basic' ? 'professional' : 'enterprise' },
        });
      }
      expect(await countOf(table, tenantId)).toBe(max);
      expect(await totalOf(metric, tenantId)).toBe(max);
    });

    it('have room again when something was taken away', async () => {
      const tenantId = await aTenant('professional');
      await sql(`INSERT INTO plan_overrides (tenant_id, name, max) VALUES ($1, 'max_integrations', 1)`, [tenantId]);
      const sut = aProcess();
      const { id } = await anIntegration(sut, tenantId);
      expect(await refusalOf(anIntegration(sut, tenantId))).toMatchObject({
        status: 402,
        members: { limit: 1, used: 1, needed_tier: null },
      });
      await sut.integrations.remove(by(tenantId), id);
      expect(await totalOf('integrations_active', tenantId)).toBe(0);
      await anIntegration(sut, tenantId);
      expect(await totalOf('integrations_active', tenantId)).toBe(1);
    });

    it('cost nothing for an event that made its project before, also where they are reached', async () => {
      const tenantId = await aTenant();
      await sql(`INSERT INTO plan_overrides (tenant_id, name, max) VALUES ($1, 'max_projects', 1)`, [tenantId]);
      const eventId = newId();
      const made = await Promise.all([0, 1, 2, 3].map(() => aProject(aProcess(), tenantId, eventId)));
      expect(made.map(({ kind }) => kind).toSorted()).toEqual(['created', 'exists', 'exists', 'exists']);
      expect(await totalOf('projects_created', tenantId)).toBe(1);
      expect(await refusalOf(aProject(aProcess(), tenantId))).toMatchObject({ status: 402 });
    });

    it('end the delivery of a webhook that wants one project too many, with the reason', async () => {
      const tenantId = await aTenant();
      await sql(`INSERT INTO plan_overrides (tenant_id, name, max) VALUES ($1, 'max_projects', 0)`, [tenantId]);
      const payload = { workflow_type: 'project_initialization', data: { name: 'Apollo' } };
      const handled = new ProjectInitializationAgent(aProcess().projects).handle(anAgentEvent({ tenantId }, payload));
      expect(await handled).toEqual({
        kind: 'refused',
        reason: 'No project was made. The plan allows 0 projects, and there are 0.',
      });
    });

    it('leave what is over as it is, and make nothing new', async () => {
      const tenantId = await aTenant('professional');
      const sut = aProcess();
      for (let n = 0; n < 12; n++) await aProject(sut, tenantId);
      await sql(`UPDATE tenants SET tier = 'basic' WHERE id = $1`, [tenantId]);
      expect(await refusalOf(aProject(sut, tenantId))).toMatchObject({ members: { limit: 10, used: 12 } });
      const { data } = await sut.projects.list(tenantId, { limit: 50 });
      expect(data).toHaveLength(12);
    });

    it('hold for what was agreed until it ends, at the very moment', async () => {
      const clock = new SetClock('2026-05-01T00:00:00Z');
      const tenantId = await aTenant();
      await sql(
        `INSERT INTO plan_overrides (tenant_id, name, max, granted, ends_at)
         VALUES ($1, 'max_users', 9, NULL, $2), ($1, 'n8n_integration', NULL, true, $2)`,
        [tenantId, new Date('2026-05-02T00:00:00Z')],
      );
      const { plans } = plansOn(database(), { clock });
      const asNow = async () => {
        const plan = await plans.of(tenantId);
        return [plan.limits.max_users, plan.has('n8n_integration')];
      };
      expect(await asNow()).toEqual([9, true]);
      clock.set('2026-05-01T23:59:59.999Z');
      expect(await asNow()).toEqual([9, true]);
      clock.set('2026-05-02T00:00:00Z');
      expect(await asNow()).toEqual([5, false]);
    });

    it('of features are asked for: no n8n where the plan has none', async () => {
      const tenantId = await aTenant('basic');
      expect(await refusalOf(anIntegration(aProcess(), tenantId))).toMatchObject({
        code: 'feature-not-in-plan',
        members: { feature: 'n8n_integration', tier: 'basic', needed_tier: 'professional' },
      });
      expect(await countOf('integrations', tenantId)).toBe(0);
    });

    it('are kept also where usage is not tracked, and only what they need is counted', async () => {
      const config = Object.assign(new MiraConfig(), { enterprise: { usage_tracking: false, audit_logging: true } });
      const tenantId = await aTenant();
      const processes = [aProcess(config), aProcess(config)];
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, (_, n) => aUser(processes[n % 2] ?? aProcess(config), tenantId)),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
      expect(await totalOf('users_created', tenantId)).toBe(0);
    });

    it('show how far they are used up', async () => {
      const tenantId = await aTenant();
      const sut = aProcess();
      await aProject(sut, tenantId);
      const { limits } = await sut.limits.report(tenantId);
      expect(limits.find(({ limit }) => limit === 'max_projects')).toEqual({
        limit: 'max_projects',
        max: 10,
        used: 1,
        remaining: 9,
        share: 0.1,
        resets_at: null,
      });
      expect(limits.map(({ limit }) => limit)).toHaveLength(5);
    });
  },
  [Integration, Project, User],
);
