import { AddressPolicy } from '@mira/outbound';
import { PageQuery } from '@mira/page';
import { Problem } from '@mira/problem';
import { parseStandardKey } from '@mira/signature';
import { newId } from '../../src/database/new-id';
import type { CreateIntegrationDto, HttpConfigDto, N8nConfigDto } from '../../src/n8n/integration.dto';
import { Integration } from '../../src/n8n/integration.entity';
import { IntegrationRepository } from '../../src/n8n/integration.repository';
import { IntegrationService } from '../../src/n8n/integration.service';
import { describeOnEachDatabase } from '../support/databases';
import { plansOn } from '../support/plans';
import { by, RememberedTrail } from '../support/trails';

const base_url = 'https://n8n.example.com';

function aCreation(config: Partial<N8nConfigDto> = {}): CreateIntegrationDto {
  return { kind: 'n8n', name: 'Our n8n', config: { base_url, ...config } };
}

const url = 'https://hooks.example.com/orders?from=mira';

function aReceiver(config: Partial<HttpConfigDto> = {}): CreateIntegrationDto {
  return { kind: 'http', name: 'Our receiver', config: { url, ...config } };
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
    const trail = new RememberedTrail();
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
        trail,
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
        previous_signing_secret_expires_at: null,
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
      expect(keyless.config).toMatchObject({ has_api_key: false });
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
      expect(config).toMatchObject({ base_url: 'https://n8n.example.com/n8n' });
      const moved = await sut.update(by(tenantId), id, { config: { base_url: 'https://other.example.com//' } });
      expect(moved.config).toMatchObject({ base_url: 'https://other.example.com' });
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
        expect((await sut.get(tenantId, id)).config).toMatchObject({ base_url });
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
      const after = await sut.rotateSigningSecret(by(tenantId), before.id, { grace_seconds: 0 });
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
        sut.rotateSigningSecret(by(otherTenantId), id, { grace_seconds: 0 }),
        sut.remove(by(otherTenantId), id),
        sut.get(otherTenantId, newId()),
      ]) {
        expect(await problemOf(work)).toMatchObject({ status: 404, message: 'There is no such integration.' });
      }
      expect((await sut.get(tenantId, id)).name).toBe('Our n8n');
    });

    it('are of a kind or not there, for those who make a route in a transaction of their own', async () => {
      const n8n = await sut.create(by(tenantId), aCreation());
      const http = await sut.create(by(tenantId), aReceiver());
      const { tenants } = database();
      const kindOf = (tenant: string, wanted: string) =>
        tenants.transaction(tenant, (manager) => sut.kindOf(manager, tenant, wanted));
      expect(await kindOf(tenantId, n8n.id)).toBe('n8n');
      expect(await kindOf(tenantId, http.id)).toBe('http');
      expect(await kindOf(otherTenantId, n8n.id)).toBeNull();
      expect(await kindOf(tenantId, newId())).toBeNull();
    });

    describe('of kind http', () => {
      const authorization = 'Bearer a-token-of-the-receiver';

      it('show their address and the names of their headers, and never the values', async () => {
        const made = await sut.create(
          by(tenantId),
          aReceiver({ headers: { Authorization: authorization, 'x-b': 'b' } }),
        );
        expect(made).toMatchObject({ kind: 'http', config: { url, header_names: ['authorization', 'x-b'] } });
        expect(JSON.stringify([made, await sut.get(tenantId, made.id), trail.acts])).not.toContain('a-token');
        const rows: unknown = await database().dataSource.query(
          `SELECT i::text AS all_text, encode(headers, 'escape') AS sealed FROM integrations i WHERE id = $1`,
          [made.id],
        );
        expect(JSON.stringify(rows)).not.toContain('a-token');
      });

      it('are opened for those who call them, and for them as no n8n', async () => {
        const { id, signing_secret } = await sut.create(by(tenantId), aReceiver({ headers: { Authorization: 'x y' } }));
        expect(await sut.httpConnection(tenantId, id)).toEqual({
          integrationId: id,
          url,
          headers: { authorization: 'x y' },
          signingSecret: signing_secret,
        });
        expect(await sut.connection(tenantId, id)).toBeNull();
        expect(await sut.httpConnection(otherTenantId, id)).toBeNull();
        expect(await sut.httpConnection(tenantId, (await sut.create(by(tenantId), aCreation())).id)).toBeNull();
      });

      it.each([
        ['nonsense', 'nonsense'],
        ['of another scheme', 'ftp://x'],
        ['with a password', 'http://u:p@x'],
        ['of this machine', 'http://127.0.0.1'],
        ['of the metadata service', 'http://169.254.169.254/latest'],
        ['with a fragment', 'https://x/#a'],
        ['that is too long', `https://x/${'a'.repeat(2_048)}`],
      ])('are refused at an address %s', async (_what, address) => {
        const { id } = await sut.create(by(tenantId), aReceiver());
        for (const work of [
          () => sut.create(by(tenantId), aReceiver({ url: address })),
          () => sut.update(by(tenantId), id, { config: { url: address } }),
        ]) {
          expect((await problemOf(work())).errors).toEqual([{ field: 'config.url', message: expect.any(String) }]);
        }
      });

      it('change their headers as a whole, and take none along to another host', async () => {
        const { id } = await sut.create(by(tenantId), aReceiver({ headers: { authorization } }));
        const headers = async () => (await sut.httpConnection(tenantId, id))?.headers;
        await sut.update(by(tenantId), id, { config: { url: 'https://hooks.example.com/elsewhere' } });
        expect(await headers()).toEqual({ authorization });
        const away = { url: 'https://thief.example.com' };
        expect((await problemOf(sut.update(by(tenantId), id, { config: away }))).errors).toEqual([
          { field: 'config.headers', message: expect.stringMatching(/given again/) },
        ]);
        expect(await sut.get(tenantId, id)).toMatchObject({ config: { url: 'https://hooks.example.com/elsewhere' } });
        await sut.update(by(tenantId), id, { config: { headers: { 'x-c': 'c' } } });
        expect(await headers()).toEqual({ 'x-c': 'c' });
        const moved = await sut.update(by(tenantId), id, { config: { ...away, headers: null } });
        expect(moved.config).toEqual({ url: 'https://thief.example.com/', header_names: [] });
        expect(await headers()).toEqual({});
      });

      it('have no settings of another kind', async () => {
        const { id } = await sut.create(by(tenantId), aReceiver());
        const n8n = await sut.create(by(tenantId), aCreation());
        expect((await problemOf(sut.update(by(tenantId), id, { config: { api_key: 'k' } }))).errors).toEqual([
          { field: 'config.api_key', message: expect.stringMatching(/of kind http; there are url and headers$/) },
        ]);
        expect((await problemOf(sut.update(by(tenantId), n8n.id, { config: { headers: null } }))).errors).toEqual([
          { field: 'config.headers', message: expect.stringMatching(/of kind n8n; there are base_url and api_key$/) },
        ]);
      });

      it('are for every plan, with headers from professional on; all kinds together are limited', async () => {
        await database().dataSource.query(`UPDATE tenants SET tier = 'basic' WHERE id = $1`, [tenantId]);
        const { id } = await sut.create(by(tenantId), aReceiver({ headers: {} }));
        for (const work of [
          sut.create(by(tenantId), aReceiver({ headers: { authorization } })),
          sut.update(by(tenantId), id, { config: { headers: { authorization } } }),
        ]) {
          expect(await problemOf(work)).toMatchObject({
            code: 'feature-not-in-plan',
            members: { feature: 'custom_integrations' },
          });
        }
        expect(await problemOf(sut.create(by(tenantId), aCreation()))).toMatchObject({ code: 'feature-not-in-plan' });
        await sut.create(by(tenantId), aReceiver());
        await sut.create(by(tenantId), aReceiver());
        expect(await problemOf(sut.create(by(tenantId), aReceiver()))).toMatchObject({ code: 'limit-reached' });
      });
    });

    it.each(['n8n', 'http'] as const)('of kind %s sign with both secrets while one is rotated', async (kind) => {
      const before = await sut.create(by(tenantId), kind === 'n8n' ? aCreation() : aReceiver());
      const { id } = before;
      const opened = () => (kind === 'n8n' ? sut.connection(tenantId, id) : sut.httpConnection(tenantId, id));
      const after = await sut.rotateSigningSecret(by(tenantId), id, { grace_seconds: 3_600 });
      expect(Date.parse(after.previous_signing_secret_expires_at ?? '')).toBeGreaterThan(Date.now());
      expect(await opened()).toMatchObject({
        signingSecret: after.signing_secret,
        previousSigningSecret: before.signing_secret,
      });
      await database().dataSource.query(
        `UPDATE integrations SET previous_signing_secret_expires_at = now() - interval '1 second' WHERE id = $1`,
        [id],
      );
      expect(await opened()).not.toHaveProperty('previousSigningSecret');
      expect((await sut.get(tenantId, id)).previous_signing_secret_expires_at).toBeNull();
      await sut.rotateSigningSecret(by(tenantId), id, { grace_seconds: 3_600 });
      await sut.rotateSigningSecret(by(tenantId), id, { grace_seconds: 0 });
      expect(await opened()).not.toHaveProperty('previousSigningSecret');
    });
  },
  [Integration],
);
