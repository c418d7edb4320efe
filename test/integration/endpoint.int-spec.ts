import { PageQuery } from '@mira/page';
import { newId } from '../../src/database/new-id';
import { EndpointDirectory } from '../../src/webhook/endpoint/endpoint.directory';
import type { CreateEndpointDto } from '../../src/webhook/endpoint/endpoint.dto';
import { EndpointRepository } from '../../src/webhook/endpoint/endpoint.repository';
import { EndpointService } from '../../src/webhook/endpoint/endpoint.service';
import { WebhookEndpoint } from '../../src/webhook/endpoint/webhook-endpoint.entity';
import { describeOnEachDatabase } from '../support/databases';
import { refusalOf } from '../support/refusals';
import { by, RememberedTrail } from '../support/trails';

function anEndpoint(endpoint: Partial<CreateEndpointDto> = {}): CreateEndpointDto {
  return { service: 'github', name: 'Our repositories', ...endpoint };
}

function aPage(page: Partial<PageQuery> = {}): PageQuery {
  return Object.assign(new PageQuery(), page);
}

describeOnEachDatabase(
  'endpoints',
  (database) => {
    let directory: EndpointDirectory;
    let sut: EndpointService;
    let tenantId: string;
    let otherTenantId: string;

    beforeAll(() => {
      const { dataSource, tenants, cipher } = database();
      directory = new EndpointDirectory(dataSource, cipher);
      sut = new EndpointService(tenants, new EndpointRepository(), directory, cipher, new RememberedTrail());
    });

    beforeEach(async () => {
      [tenantId, otherTenantId] = [newId(), newId()];
      for (const id of [tenantId, otherTenantId]) {
        await database().dataSource.query(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'T', 'basic')`, [id]);
      }
    });

    it('receive from the moment they are made, with a secret that was made for them', async () => {
      const { endpoint, secret } = await sut.create(by(tenantId), anEndpoint());
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect(endpoint).toMatchObject({ service: 'github', name: 'Our repositories', enabled: true, config: {} });
      expect(await directory.find(endpoint.id)).toEqual({
        tenantId,
        id: endpoint.id,
        service: 'github',
        config: {},
        secrets: [secret],
      });
    });

    it('take settings and a secret of their own, where their source finds them good', async () => {
      const config = { header: 'x-proof' };
      const wanted = anEndpoint({ service: 'generic', config, secret: 'a good secret' });
      const { endpoint, secret } = await sut.create(by(tenantId), wanted);
      expect(secret).toBe('a good secret');
      expect(await directory.find(endpoint.id)).toMatchObject({ config, secrets: [secret] });

      const wrongConfig = { header: 'x proof', colour: 'red' };
      const wrong = anEndpoint({ service: 'generic', config: wrongConfig, secret: 'short' });
      expect((await refusalOf(sut.create(by(tenantId), wrong))).errors?.map(({ field }) => field).toSorted()).toEqual([
        'config.colour',
        'config.header',
        'secret',
      ]);
    });

    it('keep no secret that could be read in the database', async () => {
      const { endpoint } = await sut.create(by(tenantId), anEndpoint({ secret: 'a good secret' }));
      await sut.rotateSecret(by(tenantId), endpoint.id, { secret: 'another secret', grace_seconds: 60 });
      const [{ row }]: [{ row: string }] = await database().dataSource.query(
        `SELECT concat(e::text, encode(secret, 'escape'), encode(previous_secret, 'escape')) AS row
         FROM webhook_endpoints e WHERE id = $1`,
        [endpoint.id],
      );
      expect(row).toContain('Our repositories');
      expect(row).not.toMatch(/secret/);
    });

    it('change what is given, and the change holds from the next webhook on', async () => {
      const { endpoint, secret } = await sut.create(by(tenantId), anEndpoint({ service: 'generic' }));
      await directory.find(endpoint.id);

      const changed = await sut.update(by(tenantId), endpoint.id, { config: { encoding: 'base64' } });
      expect(changed).toMatchObject({ name: 'Our repositories', enabled: true, config: { encoding: 'base64' } });
      expect(changed.updatedAt.getTime()).toBeGreaterThanOrEqual(endpoint.updatedAt.getTime());
      expect(await directory.find(endpoint.id)).toMatchObject({ config: { encoding: 'base64' }, secrets: [secret] });

      await sut.update(by(tenantId), endpoint.id, { enabled: false, name: 'Off' });
      expect(await directory.find(endpoint.id)).toBeNull();
      await sut.update(by(tenantId), endpoint.id, { enabled: true });
      expect(await directory.find(endpoint.id)).not.toBeNull();
      expect(await sut.get(tenantId, endpoint.id)).toMatchObject({ name: 'Off', config: { encoding: 'base64' } });
    });

    it('change nothing where a change is empty or wrong', async () => {
      const { endpoint } = await sut.create(by(tenantId), anEndpoint());
      expect(await sut.update(by(tenantId), endpoint.id, {})).toMatchObject({ updatedAt: endpoint.updatedAt });
      const refusal = await refusalOf(sut.update(by(tenantId), endpoint.id, { name: 'New', config: { header: 'x' } }));
      expect(refusal.errors?.map(({ field }) => field)).toEqual(['config.header']);
      expect(await sut.get(tenantId, endpoint.id)).toMatchObject({ name: 'Our repositories', config: {} });
    });

    it('take both secrets during a rotation, and never three', async () => {
      const { endpoint, secret: first } = await sut.create(by(tenantId), anEndpoint());
      const { secret: second } = await sut.rotateSecret(by(tenantId), endpoint.id, { grace_seconds: 60 });
      expect(await directory.find(endpoint.id)).toMatchObject({ secrets: [second, first] });

      const rotated = await sut.rotateSecret(by(tenantId), endpoint.id, { secret: 'a good secret', grace_seconds: 60 });
      expect(rotated.endpoint.previousSecretExpiresAt?.getTime()).toBeGreaterThan(Date.now() + 50_000);
      expect(await directory.find(endpoint.id)).toMatchObject({ secrets: ['a good secret', second] });

      await sut.rotateSecret(by(tenantId), endpoint.id, { secret: 'the last secret', grace_seconds: 0 });
      expect(await directory.find(endpoint.id)).toMatchObject({ secrets: ['the last secret'] });
    });

    it('take the previous secret no longer than its grace', async () => {
      const { endpoint } = await sut.create(by(tenantId), anEndpoint());
      const { secret } = await sut.rotateSecret(by(tenantId), endpoint.id, { grace_seconds: 1 });
      expect((await directory.find(endpoint.id))?.secrets).toHaveLength(2);
      await database().dataSource.query(
        `UPDATE webhook_endpoints SET previous_secret_expires_at = now() - interval '1 ms' WHERE id = $1`,
        [endpoint.id],
      );
      directory.invalidate(endpoint.id);
      expect(await directory.find(endpoint.id)).toMatchObject({ secrets: [secret] });
    });

    it('rotate to no secret that is bad or the current one', async () => {
      const { endpoint, secret } = await sut.create(by(tenantId), anEndpoint());
      for (const wrong of ['short', secret]) {
        const refusal = await refusalOf(
          sut.rotateSecret(by(tenantId), endpoint.id, { secret: wrong, grace_seconds: 86_400 }),
        );
        expect(refusal.errors?.map(({ field }) => field)).toEqual(['secret']);
      }
      expect(await directory.find(endpoint.id)).toMatchObject({ secrets: [secret] });
    });

    it('rotate one after the other, however many at a time', async () => {
      const { endpoint } = await sut.create(by(tenantId), anEndpoint());
      const rotations = await Promise.all(
        [1, 2, 3, 4].map(() => sut.rotateSecret(by(tenantId), endpoint.id, { grace_seconds: 60 })),
      );
      const secrets = (await directory.find(endpoint.id))?.secrets ?? [];
      expect(secrets).toHaveLength(2);
      expect(new Set(secrets).size).toBe(2);
      for (const secret of secrets) expect(rotations.map((rotation) => rotation.secret)).toContain(secret);
    });

    it('are gone when they are deleted', async () => {
      const { endpoint } = await sut.create(by(tenantId), anEndpoint());
      await directory.find(endpoint.id);
      await sut.delete(by(tenantId), endpoint.id);
      expect(await directory.find(endpoint.id)).toBeNull();
      expect((await refusalOf(sut.delete(by(tenantId), endpoint.id))).status).toBe(404);
    });

    it('receive nothing while their tenant is not active', async () => {
      const { endpoint } = await sut.create(by(tenantId), anEndpoint());
      await database().dataSource.query('UPDATE tenants SET active = false WHERE id = $1', [tenantId]);
      expect(await directory.find(endpoint.id)).toBeNull();
    });

    it('are found by an id in either case, and by nothing that is no id', async () => {
      const { endpoint } = await sut.create(by(tenantId), anEndpoint());
      expect(await directory.find(endpoint.id.toUpperCase())).toMatchObject({ id: endpoint.id });
      for (const id of ['', 'x', `${endpoint.id}0`, `{${endpoint.id}}`, "' OR true --"]) {
        expect(await directory.find(id)).toBeNull();
      }
      expect(await directory.find(newId())).toBeNull();
    });

    it('are listed newest first, page after page', async () => {
      for (const name of ['one', 'two', 'three']) await sut.create(by(tenantId), anEndpoint({ name }));
      const { data, next_cursor } = await sut.list(tenantId, aPage({ limit: 2 }));
      expect(data.map(({ name }) => name)).toEqual(['three', 'two']);
      const rest = await sut.list(tenantId, aPage({ limit: 2, cursor: next_cursor ?? undefined }));
      expect(rest.data.map(({ name }) => name)).toEqual(['one']);
      expect(rest.next_cursor).toBeNull();
    });

    it('are nothing that another tenant could see or change', async () => {
      const { endpoint, secret } = await sut.create(by(tenantId), anEndpoint());
      expect((await sut.list(otherTenantId, new PageQuery())).data).toEqual([]);
      const attempts = [
        (id: string) => sut.get(otherTenantId, id),
        (id: string) => sut.update(by(otherTenantId), id, { enabled: false }),
        (id: string) => sut.rotateSecret(by(otherTenantId), id, { grace_seconds: 0 }),
        (id: string) => sut.delete(by(otherTenantId), id),
      ];
      for (const attempt of attempts) {
        for (const id of [endpoint.id, newId()]) {
          expect(await refusalOf(attempt(id))).toMatchObject({ status: 404, message: 'There is no such endpoint.' });
        }
      }
      expect(await directory.find(endpoint.id)).toMatchObject({ secrets: [secret] });
    });
  },
  [WebhookEndpoint],
);
