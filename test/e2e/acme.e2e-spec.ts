import { eventually } from '../support/eventually';
import { type Call, describeMira } from '../support/mira';
import { bearer, PASSWORD, signedIn, signIn } from '../support/people';

type Json = Record<string, unknown>;

const ENDPOINT = { service: 'github', name: 'Pushes' };

/** The example of the documentation, told over REST from its beginning: nothing here is made by another way. */
describeMira('Acme Corp on the enterprise plan', (mira) => {
  let acme: Json;
  let globex: Json;
  let acmeAdmin: Call;
  let acmeManager: Call;
  let acmeViewer: Call;
  let globexManager: Call;

  beforeAll(async () => {
    acme = await made('tenants', { name: 'Acme Corp', tier: 'enterprise' });
    globex = await made('tenants', { name: 'Globex', tier: 'enterprise' });
    await aPersonOf(acme, { username: 'acme.admin', role: 'admin', password: PASSWORD });
    await aPersonOf(acme, { username: 'acme.viewer', role: 'viewer', password: PASSWORD });
    acmeAdmin = await signedInAs('acme.admin');
    acmeViewer = await signedInAs('acme.viewer');
    const manager = { username: 'acme.manager', email: 'manager@acme.example', role: 'manager' };
    acmeManager = await keyOf(await made('users', manager, acmeAdmin), acmeAdmin);
    const other = await aPersonOf(globex, { username: 'globex.manager', role: 'manager' });
    globexManager = await keyOf(other, { headers: { 'x-tenant-id': String(globex['id']) } });
  });

  async function made(path: string, body: Json, call?: Call): Promise<Json> {
    const { status, json } = await mira().post(`/api/v1/${path}`, body, call);
    if (status !== 201) throw new Error(`${path} answered ${status}: ${JSON.stringify(json)}`);
    return json;
  }

  const aPersonOf = ({ id }: Json, person: Json) => made('users', person, { headers: { 'x-tenant-id': String(id) } });

  const signedInAs = async (username: string) => bearer((await signedIn(mira(), { username })).access);

  /** A key for somebody, made by who may. */
  async function keyOf({ id, username }: Json, maker: Call): Promise<Call> {
    const { key } = await made('api-keys', { name: `of ${String(username)}`, user_id: id }, maker);
    return { apiKey: String(key) };
  }

  async function aProject(name: string, call: Call): Promise<string> {
    const wanted = { workflow_type: 'project_initialization', data: { name } };
    expect((await mira().post('/webhook/n8n', wanted, call)).status).toBe(202);
    return eventually(async () => {
      const { data } = (await mira().get('/api/v1/projects', call)).json as { data: Json[] };
      const project = data.find((each) => each['name'] === name);
      expect(project).toBeDefined();
      return String(project?.['id']);
    });
  }

  it('has an admin who signs in, in a tenant of its own', async () => {
    expect((await mira().get('/api/v1/auth/me', acmeAdmin)).json).toMatchObject({
      user: { username: 'acme.admin', role: 'admin', tenant_id: acme['id'] },
      tenant: { id: acme['id'], name: 'Acme Corp', tier: 'enterprise' },
    });
  });

  it('has a manager without a password, who has a key and cannot sign in', async () => {
    expect((await mira().get('/api/v1/users/me', acmeManager)).json).toMatchObject({
      username: 'acme.manager',
      tenant_id: acme['id'],
      has_password: false,
    });
    expect((await signIn(mira(), 'acme.manager')).status).toBe(401);
  });

  it('has webhooks configured by its manager and not by its viewer', async () => {
    const endpoint = await made('webhook-endpoints', ENDPOINT, acmeManager);
    expect(await mira().post('/api/v1/webhook-endpoints', ENDPOINT, acmeViewer)).toMatchObject({
      status: 403,
      json: { type: 'urn:mira:problem:forbidden', missing_permissions: ['webhook:configure'] },
    });
    const path = `/api/v1/webhook-endpoints/${String(endpoint['id'])}`;
    expect((await mira().get(path, acmeViewer)).status).toBe(200);
    const question = '/api/v1/access/explain?permission=webhook:configure';
    expect((await mira().get(question, acmeViewer)).json).toMatchObject({ allowed: false, by: 'role' });
    expect((await mira().get(question, acmeManager)).json).toMatchObject({ allowed: true });
  });

  it("does not show its projects to another tenant's manager, and an admin crosses over", async () => {
    const id = await aProject('Roadrunner', acmeManager);
    const path = `/api/v1/projects/${id}`;
    expect((await mira().get(path, acmeViewer)).json).toMatchObject({ name: 'Roadrunner' });
    expect((await mira().get(path, globexManager)).status).toBe(404);
    expect((await mira().get('/api/v1/projects', globexManager)).json['data']).toEqual([]);

    const theirs = `/api/v1/projects/${await aProject('Hammock', globexManager)}`;
    expect((await mira().get(theirs, acmeManager)).status).toBe(404);
    expect((await mira().get(theirs, acmeAdmin)).status).toBe(404);
    const crossing = { ...acmeAdmin, headers: { ...acmeAdmin.headers, 'x-tenant-id': String(globex['id']) } };
    expect((await mira().get(theirs, crossing)).json).toMatchObject({ name: 'Hammock' });
    const uninvited = { ...acmeManager, headers: { 'x-tenant-id': String(globex['id']) } };
    expect((await mira().get(theirs, uninvited)).status).toBe(404);
  });
});
