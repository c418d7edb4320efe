import { Client, type QueryResult } from 'pg';
import { SteadyClient } from '../../../src/database/steady.client';

/** A statement as it was sent. */
export interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

type QueryArgument = string | { text: string; values?: unknown[] };
type Query = (this: Client, config: QueryArgument, values?: unknown, callback?: unknown) => Promise<QueryResult>;

/**
 * `tenant_id = $1`, however it is quoted and whatever stands before it; in the tenants' own table the id is the tenant's. Or
 * `tenant_id IN ('…')`, where a statement takes no parameters.
 */
const CONDITION =
  /(?:"?\w+"?\.)?"?tenant_id"? ?= ?(\$\d+)(?!\d)|"Tenant"\."id" = (\$\d+)(?!\d)|\w+\.tenant_id IN \('[^)]*'\)/g;
/** Any other way to ask for a tenant, which would have to be taken out too. */
const UNKNOWN_CONDITION = /(?<!app\.)\btenant_id"?\s*(?:=|<>|!=|IN|= ANY)\s*(?:\$|\(|'|ANY)/i;

/** Row-level security itself, of a module's later table. */
const POLICY = /^CREATE POLICY /;

/** Without its conditions on the tenant. The parameter stays in use, for else the database could not tell its type. */
export function withoutTenantConditions(text: string): string {
  return text.replaceAll(CONDITION, (_all, one: string | undefined, other: string | undefined) => {
    const parameter = one ?? other;
    return parameter === undefined ? 'true' : `(${parameter}::uuid IS NOT NULL)`;
  });
}

/**
 * Takes the tenant out of the conditions of every statement in a tenant-scoped transaction, between the program and the
 * wire, as if everybody had forgotten them everywhere. Row-level security is all that is left then. To be put up before
 * Mira starts, since a connection prepares a named statement once.
 */
export class ForgetfulDatabase {
  /** Statements that lost a condition. */
  readonly bared: Sent[] = [];
  /** Statements of tenant-scoped transactions that ask for a tenant in a way that is not known here. */
  readonly missed = new Set<string>();
  /** Those of Mira's own login, while they are listened to. */
  readonly asMira: string[] = [];
  listening = false;
  private readonly scoped = new WeakSet<Client>();

  private constructor() {}

  static putUp(): ForgetfulDatabase {
    const database = new ForgetfulDatabase();
    const original = Client.prototype.query as unknown as Query;
    const query: Query = function (this: Client, config, values, callback) {
      return original.call(this, database.rewritten(this, config, values), values, callback);
    };
    Object.defineProperty(SteadyClient.prototype, 'query', { value: query, configurable: true, writable: true });
    return database;
  }

  takeDown(): void {
    Reflect.deleteProperty(SteadyClient.prototype, 'query');
  }

  /** Listens to what is asked while some work goes on. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.listening = true;
    try {
      return await work();
    } finally {
      this.listening = false;
    }
  }

  private rewritten(client: Client, config: QueryArgument, values: unknown): QueryArgument {
    const text = typeof config === 'string' ? config : config.text;
    if (text.includes('SET LOCAL ROLE mira_tenant')) this.scoped.add(client);
    if (/^\s*(COMMIT|ROLLBACK)/i.test(text)) this.scoped.delete(client);
    if (!this.scoped.has(client)) {
      if (this.listening) this.asMira.push(text);
      return config;
    }
    const bare = withoutTenantConditions(text);
    if (UNKNOWN_CONDITION.test(bare) && !POLICY.test(text)) this.missed.add(text);
    if (bare === text) return config;
    if (this.listening) this.bared.push({ text: bare, values: valuesOf(config, values) });
    return typeof config === 'string' ? bare : Object.assign(config, { text: bare });
  }
}

function valuesOf(config: QueryArgument, values: unknown): readonly unknown[] {
  const given = typeof config === 'string' ? values : (config.values ?? values);
  return Array.isArray(given) ? given : [];
}
