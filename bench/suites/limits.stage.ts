import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseKind } from '../options.ts';
import { type DatabaseFacts, scratchPlace } from '../support/scratch-place.ts';

type Row = Readonly<Record<string, unknown>>;

interface Manager {
  query(text: string, values?: unknown[]): Promise<Row[]>;
}

interface TenantDatabase {
  transaction<T>(tenantId: string, work: (manager: Manager) => Promise<T>): Promise<T>;
}

/** A statement as the program sent it, with what it said. */
interface Sent {
  readonly text: string;
  readonly values: unknown[] | undefined;
}

/** A Mira in this process, so that what it asks its database can be heard. */
export interface LimitsStage {
  readonly kind: DatabaseKind;
  readonly database: DatabaseFacts;
  readonly tenantId: string;
  sql(text: string, values?: unknown[]): Promise<Row[]>;
  /** Throws unless it is answered 200. */
  get(path: string): Promise<void>;
  /** The plans of the statements that such a request sends, longest first, as the tenant's own role. */
  explain(path: string): Promise<Explained[]>;
}

export interface Explained {
  readonly statement: string;
  readonly ms: number;
  readonly plan: string;
}

interface Modules {
  mira: {
    startMira(
      config: object,
      notify: () => void,
    ): Promise<{
      app: { get<T>(token: unknown): T };
      url: string;
      firstCredentials: { apiKey: string } | null;
      stop(): Promise<void>;
    }>;
  };
  config: { loadConfig(given: { env: object; cwd: string }): object };
  tenants: { TenantDatabase: unknown };
  typeorm: { DataSource: unknown };
}

/** @param scope ends it all again */
export async function startLimitsStage(
  kind: DatabaseKind,
  server: string | null,
  scope: AsyncDisposableStack,
): Promise<LimitsStage> {
  const folder = mkdtempSync(join(tmpdir(), 'mira-bench-'));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const place = await scratchPlace(kind, { server, folder, scope });
  const { mira, config, tenants, typeorm } = builtModules();
  const env = {
    ...place.env,
    HOST: '127.0.0.1',
    PORT: '0',
    MIRA_LOG_LEVEL: 'error',
    MIRA_API_RATE_LIMIT_ENABLED: 'false',
    // What fills the tables may take its time.
    MIRA_DATABASE_STATEMENT_TIMEOUT_MS: '60000',
  };
  const running = await mira.startMira(config.loadConfig({ env, cwd: folder }), () => undefined);
  scope.defer(() => running.stop());
  if (!running.firstCredentials) throw new Error('this is not the first start of this Mira');
  const headers = { 'x-api-key': running.firstCredentials.apiKey };
  const dataSource = running.app.get<Manager>(typeorm.DataSource);
  const sql = (text: string, values: unknown[] = []): Promise<Row[]> => dataSource.query(text, values);
  const [tenant] = await sql('SELECT id FROM tenants WHERE is_default');
  const tenantId = String(tenant?.['id']);
  const get = async (path: string): Promise<void> => {
    const response = await fetch(`${running.url}${path}`, { headers });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`GET ${path} was answered ${response.status}`);
  };
  const database = running.app.get<TenantDatabase>(tenants.TenantDatabase);
  return {
    kind,
    database: await place.facts(),
    tenantId,
    sql,
    get,
    explain: async (path) => {
      const sent = await heard(database, () => get(path));
      return database.transaction(tenantId, (manager) => explained(manager, sent));
    },
  };
}

/** What is sent to the database within the tenant's transactions meanwhile. */
async function heard(database: TenantDatabase, work: () => Promise<void>): Promise<Sent[]> {
  const sent: Sent[] = [];
  const original = database.transaction.bind(database);
  database.transaction = (tenantId, inside) =>
    original(tenantId, (manager) => {
      const query = manager.query.bind(manager);
      manager.query = (text, values) => {
        sent.push({ text, values });
        return query(text, values);
      };
      return inside(manager);
    });
  try {
    await work();
  } finally {
    database.transaction = original;
  }
  return sent;
}

async function explained(manager: Manager, sent: readonly Sent[]): Promise<Explained[]> {
  const plans: Explained[] = [];
  for (const { text, values } of sent) {
    const rows = await manager.query(`EXPLAIN (ANALYZE, BUFFERS) ${text}`, values);
    const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
    const statement = text.replaceAll(/\s+/g, ' ').trim();
    plans.push({ statement, plan, ms: Number(/Execution Time: ([\d.]+) ms/.exec(plan)?.[1] ?? NaN) });
  }
  return plans.toSorted((a, b) => b.ms - a.ms);
}

/** Types are declared here, for the sources are compiled by other rules than the bench. */
function builtModules(): Modules {
  const load = createRequire(join(import.meta.dirname, '..', '..', 'dist', 'package.json'));
  return {
    mira: load('./src/mira.js'),
    config: load('./src/config/load-config.js'),
    tenants: load('./src/database/tenant.database.js'),
    typeorm: load('typeorm'),
  };
}
