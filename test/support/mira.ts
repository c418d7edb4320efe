import { DataSource } from 'typeorm';
import { loadConfig } from '../../src/config/load-config';
import type { MiraConfig } from '../../src/config/mira.config';
import { newId } from '../../src/database/new-id';
import { type RunningMira, startMira } from '../../src/mira';
import { generateApiKey, hashApiKey } from '../../src/rbac/api-key/api-key.format';
import { kinds, migratedScratch, type ScratchDatabase } from './databases';

export type DatabaseKind = ScratchDatabase['kind'];

/** What a setting's environment variable says; undefined takes away what the tests set by themselves. */
export type Overrides = Readonly<Record<string, string | undefined>>;

/** An answer, read to its end. `json` is what the body says where it is a JSON object, and empty where it has none. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly json: Record<string, unknown>;
}

export interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  /** The key to call with; null for none. The first admin's where it is left out. */
  readonly apiKey?: string | null;
}

export interface CreatedEndpoint {
  readonly id: string;
  /** Path alone, to be posted to. */
  readonly path: string;
  readonly secret: string;
}

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');

/** Runs a suite with a Mira of its own on each database that there is. */
export function describeMira(title: string, suite: (mira: () => TestMira) => void, overrides: Overrides = {}): void {
  describe.each(kinds())(`${title} (%s database)`, (kind) => {
    let mira: TestMira | null = null;
    beforeAll(async () => {
      mira = await startTestMira(kind, overrides);
    });
    afterAll(async () => {
      await mira?.stop();
    });
    suite(() => {
      if (!mira) throw new Error('Mira runs only while the tests of this suite do');
      return mira;
    });
  });
}

/** Starts the whole program, on a database with no tenant yet unless one is given, in this process and on a free port. */
export async function startTestMira(
  kind: DatabaseKind,
  overrides: Overrides = {},
  given?: ScratchDatabase,
): Promise<TestMira> {
  const database = given ?? (await migratedScratch(kind));
  try {
    const config = testConfig(database, overrides);
    return new TestMira(database, config, await startMira(config, () => undefined));
  } catch (error) {
    await database.drop();
    throw error;
  }
}

/** The configuration of a Mira on this database, silent and with loopback open to deliveries. */
export function testConfig(database: ScratchDatabase, overrides: Overrides = {}): MiraConfig {
  const where =
    'data_dir' in database.settings
      ? { MIRA_DATA_DIR: database.settings.data_dir }
      : { MIRA_DATABASE_URL: database.settings.database.url };
  const env = {
    ...where,
    MIRA_WEBHOOK_HOST: '127.0.0.1',
    MIRA_WEBHOOK_PORT: '0',
    MIRA_LOG_LEVEL: 'silent',
    MIRA_MASTER_KEY: MASTER_KEY,
    MIRA_OUTBOUND_ALLOW: '127.0.0.0/8',
    // A suite calls more often than people do.
    MIRA_API_RATE_LIMIT_ENABLED: 'false',
    ...overrides,
  };
  // No file of this folder has a name that Mira looks for.
  return loadConfig({ env, cwd: __dirname });
}

/** A Mira that a test talks to over HTTP. */
export class TestMira {
  readonly apiKey: string;

  constructor(
    readonly database: ScratchDatabase,
    readonly config: MiraConfig,
    private running: RunningMira,
  ) {
    const made = running.firstCredentials;
    if (!made) throw new Error('this database is not a new one');
    this.apiKey = made.apiKey;
  }

  get mira(): RunningMira {
    return this.running;
  }

  get url(): string {
    return this.running.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Ends it and throws its database away. */
  async stop(): Promise<void> {
    try {
      await this.running.stop();
    } finally {
      await this.database.drop();
    }
  }

  /** Ends it and starts it again on what it has stored; it listens elsewhere afterwards. */
  async restart(overrides?: Overrides): Promise<void> {
    await this.running.stop();
    this.running = await startMira(overrides ? testConfig(this.database, overrides) : this.config, () => undefined);
  }

  async call(
    method: string,
    path: string,
    body?: string | Buffer,
    { headers = {}, apiKey }: Call = {},
  ): Promise<Answer> {
    const key = apiKey === undefined ? this.apiKey : apiKey;
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: { ...(key === null ? {} : { 'x-api-key': key }), ...headers },
      // As bytes: from a text fetch would make up a content type.
      ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body: bytes, json: jsonOf(bytes) };
  }

  get(path: string, call?: Call): Promise<Answer> {
    return this.call('GET', path, undefined, call);
  }

  /** JSON to the management routes. */
  post(path: string, body: unknown, call: Call = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...call.headers };
    return this.call('POST', path, JSON.stringify(body), { ...call, headers });
  }

  /** A webhook, JSON unless the headers say otherwise, without credentials unless some are given. */
  send(path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('POST', path, body, { apiKey: null, headers: { 'content-type': 'application/json', ...headers } });
  }

  async createEndpoint(service: string, more: Record<string, unknown> = {}): Promise<CreatedEndpoint> {
    const { id, url, secret } = await this.made<{ id: string; url: string; secret: string }>('webhook-endpoints', {
      service,
      name: `${service} of a test`,
      ...more,
    });
    return { id, path: new URL(url).pathname, secret };
  }

  createIntegration(baseUrl: string, apiKey?: string): Promise<{ id: string; signing_secret: string }> {
    const config = { base_url: baseUrl, ...(apiKey === undefined ? {} : { api_key: apiKey }) };
    return this.made('integrations', { kind: 'n8n', name: 'An n8n', config });
  }

  createRoute(service: string, target: Record<string, unknown>, more: Record<string, unknown> = {}) {
    return this.made<{ id: string }>('routes', { name: `${service} of a test`, service, target, ...more });
  }

  /** Whatever has no route yet; as Mira's own login, which sees all tenants. */
  async sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return this.mira.app.get(DataSource).query(text, values);
  }

  /** How many rows there are of all that receiving and delivering write. */
  async rows(): Promise<Record<string, number>> {
    const [counts]: Record<string, number>[] = await this.mira.app.get(DataSource).query(`
      SELECT (SELECT count(*)::int FROM webhook_events) AS events,
        (SELECT count(*)::int FROM webhook_dedup_keys) AS dedup_keys,
        (SELECT count(*)::int FROM deliveries) AS deliveries,
        (SELECT count(*)::int FROM delivery_attempts) AS attempts,
        (SELECT count(*)::int FROM projects) AS projects,
        (SELECT count(*)::int FROM pgboss.job WHERE name = 'delivery') AS jobs`);
    return counts ?? {};
  }

  /** Another tenant with one user and an API key of theirs, which is returned. */
  async addTenant(role = 'admin', tier = 'basic'): Promise<{ tenantId: string; apiKey: string }> {
    const [tenantId, userId, apiKey] = [newId(), newId(), generateApiKey()];
    await this.sql(`INSERT INTO tenants (id, name, tier) VALUES ($1, 'Another', $2)`, [tenantId, tier]);
    await this.sql('INSERT INTO users (tenant_id, id, username, role) VALUES ($1, $2, $3, $4)', [
      tenantId,
      userId,
      `somebody-${userId}`,
      role,
    ]);
    await this.sql(`INSERT INTO api_keys (tenant_id, id, user_id, name, key_hash) VALUES ($1, $2, $3, 'a key', $4)`, [
      tenantId,
      newId(),
      userId,
      hashApiKey(apiKey),
    ]);
    return { tenantId, apiKey };
  }

  private async made<T>(collection: string, body: unknown): Promise<T> {
    const { status, body: bytes } = await this.post(`/api/v1/${collection}`, body);
    if (status !== 201) throw new Error(`${collection} answered ${status}: ${bytes.toString()}`);
    return JSON.parse(bytes.toString());
  }
}

function jsonOf(bytes: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return {};
  }
}
