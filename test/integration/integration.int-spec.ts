import { AddressPolicy } from '@mira/outbound';
import { PageQuery } from '@mira/page';
import { Problem } from '@mira/problem';
import { parseStandardKey } from '@mira/signature';
import { newId } from '../../src/database/new-id';
import type { CreateIntegrationDto } from '../../src/n8n/integration.dto';
import { Integration } from '../../src/n8n/integration.entity';
import { IntegrationRepository } from '../../src/n8n/integration.repository';
import { IntegrationService } from '../../src/n8n/integration.service';
import { describeOnEachDatabase } from '../support/databases';
import { plansOn } from '../support/plans';
import { by, RememberedTrail } from '../support/trails';

const base_url = 'https://n8n.example.com';

function aCreation(config: Partial<CreateIntegrationDto['config']> = {}): CreateIntegrationDto {
  return { kind: 'n8n', name: 'Our n8n', config: { base_url, ...config } };
}

function aPage(page: Partial<PageQuery> = {}): PageQuery {
  return Object.assign(new PageQuery(), page);
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  if (thrown instanceof Problem) return thrown;
  throw thrown;
}

describeOnEachDatabase(
  'integrations',
  (database) => {
    let sut: IntegrationService;
    let tenantId: string;
    let otherTenantId: string;

    beforeAll(() => {
      const { tenants, cipher } = database();
      const { features, limits, usage } = plansOn(database());
      sut = new IntegrationService(
        tenants,
        new IntegrationRepository(),
        cipher,
        new AddressPolicy(),
        features,
        limits,
        usage,
        new RememberedTrail(),
      );
    });

    beforeEach(async () => {
      [tenantId, otherTenantId] = [newId(), newId()];
      for (const id of [tenantId, otherTenantId]) {
        await database().dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'professional')`, [
          id,
        ]);
      }
    });

    async function addRoute(integrationId: string): Promise<void> {
      await database().tenants.transaction(tenantId, (manager) =>
        manager.query(
          `INSERT INTO routes (tenant_id, id, name, service, target_kind, integration_id, webhook_path)
           VALUES ($1, $2, 'r', 'github', 'n8n', $3, 'x')`,
          [tenantId, newId(), integrationId],
        ),
      );
    }

    it('are connected with a secret that is shown once, and an API key that is never shown', async () => {
      const { signing_secret, ...view } = await sut.create(by(tenantId), aCreation({ api_key: 'the-api-key' }));
      expect(parseStandardKey(signing_secret)).toMatchObject({ kind: 'symmetric' });
      const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(view).toEqual({
        id: expect.any(String),
        kind: 'n8n',
        name: 'Our n8n',
        config: { base_url, has_api_key: true },
        created_at: at,
        updated_at: at,
      });
      expect(await sut.get(tenantId, view.id)).toEqual(view);
      expect((await sut.list(tenantId, aPage())).data).toEqual([view]);
    });

    it('are opened for those who call them', async () => {
      const { id, signing_secret } = await sut.create(by(tenantId), aCreation({ api_key: 'the-api-key' }));
      expect(await sut.connection(tenantId, id)).toEqual({
        integrationId: id,
        baseUrl: base_url,
        apiKey: 'the-api-key',
        signingSecret: signing_secret,
      });
      const keyless = await sut.create(by(tenantId), aCreation());
      expect(keyless.config.has_api_key).toBe(false);
      expect(await sut.connection(tenantId, keyless.id)).toMatchObject({ apiKey: null });
    });

    it('have no secret in their rows', async () => {
      const { signing_secret } = await sut.create(by(tenantId), aCreation({ api_key: 'the-api-key' }));
      const rows: unknown = await database().dataSource.query(
        `SELECT i::text AS all_text, encode(api_key, 'escape') || encode(signing_secret, 'escape') AS secrets
         FROM integrations i WHERE tenant_id = $1`,
        [tenantId],
      );
      for (const secret of ['the-api-key', signing_secret, signing_secret.slice(6)]) {
        expect(JSON.stringify(rows)).not.toContain(secret);
      }
    });

    it('keep their address in one spelling', async () => {
      const { id, config } = await sut.create(
        by(tenantId),
        aCreation({ base_url: 'HTTPS://N8N.example.com:443/n8n/' }),
      );
      expect(config.base_url).toBe('https://n8n.example.com/n8n');
      const moved = await sut.update(by(tenantId), id, { config: { base_url: 'https://other.example.com//' } });
      expect(moved.config.base_url).toBe('https://other.example.com');
    });

    it.each(['nonsense', 'ftp://x', 'http://u:p@x', 'http://127.0.0.1:5678', 'http://169.254.169.254'])(
      'are refused at the address %s',
      async (address) => {
        const { id } = await sut.create(by(tenantId), aCreation());
        for (const work of [
          sut.create(by(tenantId), aCreation({ base_url: address })),
          sut.update(by(tenantId), id, { config: { base_url: address } }),
        ]) {
          expect(await problemOf(work)).toMatchObject({
            code: 'validation-failed',
            errors: [{ field: 'config.base_url', message: expect.any(String) }],
          });
        }
        expect((await sut.get(tenantId, id)).config.base_url).toBe(base_url);
      },
    );

    it('are changed in what a change names, and in nothing else', async () => {
      const before = await sut.create(by(tenantId), aCreation({ api_key: 'first' }));
      const { id } = before;
      await database().dataSource.query(`UPDATE integrations SET updated_at = '2001-02-03' WHERE id = $1`, [id]);
      const renamed = await sut.update(by(tenantId), id, { name: 'Another name' });
      expect(renamed).toMatchObject({ name: 'Another name', config: { base_url, has_api_key: true } });
      expect(await sut.get(tenantId, id)).toEqual(renamed);
      expect(renamed.updated_at >= before.created_at).toBe(true);
      expect(await sut.update(by(tenantId), id, {})).toEqual(renamed);

      await sut.update(by(tenantId), id, { config: { base_url: `${base_url}/n8n` } });
      expect(await sut.connection(tenantId, id)).toMatchObject({ baseUrl: `${base_url}/n8n`, apiKey: 'first' });
      await sut.update(by(tenantId), id, { config: { api_key: 'second' } });
      expect(await sut.connection(tenantId, id)).toMatchObject({ baseUrl: `${base_url}/n8n`, apiKey: 'second' });
      await sut.update(by(tenantId), id, { config: { api_key: null } });
      expect(await sut.connection(tenantId, id)).toMatchObject({
        apiKey: null,
        signingSecret: before.signing_secret,
      });
    });

    it('take no stored key along to another host', async () => {
      const { id } = await sut.create(by(tenantId), aCreation({ api_key: 'first' }));
      const elsewhere = 'https://elsewhere.example.com';
      expect(await problemOf(sut.update(by(tenantId), id, { config: { base_url: elsewhere } }))).toMatchObject({
        code: 'validation-failed',
        errors: [{ field: 'config.api_key', message: expect.stringMatching(/given again/) }],
      });
      expect(await sut.connection(tenantId, id)).toMatchObject({ baseUrl: base_url, apiKey: 'first' });
      await sut.update(by(tenantId), id, { config: { base_url: elsewhere, api_key: 'second' } });
      expect(await sut.connection(tenantId, id)).toMatchObject({ baseUrl: elsewhere, apiKey: 'second' });
      await sut.update(by(tenantId), id, { config: { base_url, api_key: null } });
      expect(await sut.connection(tenantId, id)).toMatchObject({ baseUrl: base_url, apiKey: null });
    });

    it('get another secret to sign with, shown once', async () => {
      const before = await sut.create(by(tenantId), aCreation({ api_key: 'key' }));
      const after = await sut.rotateSigningSecret(by(tenantId), before.id);
      expect(after.signing_secret).not.toBe(before.signing_secret);
      expect(await sut.connection(tenantId, before.id)).toMatchObject({
        signingSecret: after.signing_secret,
        apiKey: 'key',
      });
    });

    it('are disconnected, unless routes lead there', async () => {
      const { id } = await sut.create(by(tenantId), aCreation());
      await addRoute(id);
      await addRoute(id);
      expect(await problemOf(sut.remove(by(tenantId), id))).toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/^2 routes lead to this integration/),
        members: { routes: 2 },
      });
      await database().dataSource.query('DELETE FROM routes WHERE tenant_id = $1', [tenantId]);
      await sut.remove(by(tenantId), id);
      expect((await problemOf(sut.get(tenantId, id))).status).toBe(404);
      expect((await problemOf(sut.remove(by(tenantId), id))).status).toBe(404);
    });

    it('are listed newest first, page after page', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.unshift((await sut.create(by(tenantId), aCreation())).id);
      const first = await sut.list(tenantId, aPage({ limit: 3 }));
      const second = await sut.list(tenantId, aPage({ limit: 3, cursor: first.next_cursor ?? '' }));
      expect([first, second].map(({ data }) => data.map(({ id }) => id))).toEqual([ids.slice(0, 3), ids.slice(3)]);
      expect(second.next_cursor).toBeNull();
    });

    it('are nothing that another tenant could see, change or use', async () => {
      const { id } = await sut.create(by(tenantId), aCreation({ api_key: 'key' }));
      expect((await sut.list(otherTenantId, aPage())).data).toEqual([]);
      expect(await sut.connection(otherTenantId, id)).toBeNull();
      for (const work of [
        sut.get(otherTenantId, id),
        sut.update(by(otherTenantId), id, { name: 'taken' }),
        sut.rotateSigningSecret(by(otherTenantId), id),
        sut.remove(by(otherTenantId), id),
        sut.get(otherTenantId, newId()),
      ]) {
        expect(await problemOf(work)).toMatchObject({ status: 404, message: 'There is no such integration.' });
      }
      expect((await sut.get(tenantId, id)).name).toBe('Our n8n');
    });

    it('are there or not, for those who make a route in a transaction of their own', async () => {
      const { id } = await sut.create(by(tenantId), aCreation());
      const { tenants } = database();
      const exists = (tenant: string, wanted: string) =>
        tenants.transaction(tenant, (manager) => sut.exists(manager, tenant, wanted));
      expect(await exists(tenantId, id)).toBe(true);
      expect(await exists(otherTenantId, id)).toBe(false);
      expect(await exists(tenantId, newId())).toBe(false);
    });
  },
  [Integration],
);
