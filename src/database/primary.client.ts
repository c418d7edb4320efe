import { Client } from 'pg';
import { NoPrimaryError, type PrimaryFinder, type ProbedServer, type ServerPlace } from './primary.finder';
import { SteadyClient, type SteadyClientConfig } from './steady.client';

/** Of what a standby refuses. */
const READ_ONLY_SQLSTATE = '25006';
/** A name of a file of the write-ahead log begins with its timeline. */
const STATE = `
  SELECT NOT (pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean) AS "isWritable",
    CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline`;
/** What a server tells of itself with each new connection, and again when it changes. */
const STANDBY_SETTINGS: ReadonlySet<string> = new Set(['in_hot_standby', 'default_transaction_read_only']);

/** What pg's types leave out. */
interface Wire {
  on(event: 'parameterStatus', listener: (told: { parameterName: string; parameterValue: string }) => void): unknown;
  on(event: 'errorMessage', listener: (error: { code?: string }) => void): unknown;
}

interface SessionOptions {
  /**
   * Whether a pooler stands before the server. It may send the next statement to another connection, which does not know
   * what was prepared on this one; and what it tells of the server when a client connects it once heard itself, when the
   * server may have been a standby still.
   */
  readonly isPooled: boolean;
}

type WhenConnected = ((error: Error) => void) | ((error: null, client: Client) => void);

/** Asks a server by a connection of its own, which `config` says how to make. */
export async function probeServer(config: SteadyClientConfig): Promise<ProbedServer> {
  const client = new SteadyClient(config);
  await client.connect();
  try {
    const { rows } = await client.query<{ isWritable: boolean; timeline: string | null }>(STATE);
    const [state] = rows;
    if (!state) throw new Error('the server did not say how it is');
    return { host: client.host, port: client.port, ...state };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Clients that connect to where `finder` says that writes go, and leave a server that takes none: the pool is then free of
 * connections to a primary of the past as soon as somebody tries to write by one.
 */
export function primaryClient(finder: PrimaryFinder, { isPooled }: SessionOptions): typeof Client {
  return class PrimaryClient extends SteadyClient {
    private isStandby = false;

    constructor(config?: SteadyClientConfig) {
      super(config);
      if (isPooled) this.forgetNames();
      const wire = this.connection as unknown as Wire;
      wire.on('parameterStatus', ({ parameterName, parameterValue }) => {
        if (!isPooled && STANDBY_SETTINGS.has(parameterName) && parameterValue === 'on') this.isStandby = true;
      });
      wire.on('errorMessage', ({ code }) => {
        if (code === READ_ONLY_SQLSTATE) this.leave();
      });
    }

    override connect(): Promise<Client>;
    override connect(callback: WhenConnected): void;
    override connect(callback?: WhenConnected): Promise<Client> | void {
      const connected = this.connectToPrimary();
      if (!callback) return connected;
      const tell = callback as (error: Error | null, client?: Client) => void;
      connected.then(
        () => tell(null, this),
        (error: Error) => tell(error),
      );
    }

    private async connectToPrimary(): Promise<Client> {
      const { stream } = this.connection;
      const place = await finder.find().catch((error: unknown) => {
        // Or it would find by itself, later and where nobody listens, that nothing came of it.
        stream.destroy();
        throw error;
      });
      if (stream.destroyed) throw new Error('Connection terminated before the primary was found');
      [this.host, this.port] = [place.host, place.port];
      try {
        await super.connect();
      } catch (error) {
        finder.doubt(place);
        throw error;
      }
      if (!this.isStandby) return this;
      this.leave();
      throw new NoPrimaryError('The server of the database takes no writes: it is a standby');
    }

    private forgetNames(): void {
      const query = this.query.bind(this) as (...args: unknown[]) => unknown;
      Object.assign(this, { query: (asked: unknown, ...more: unknown[]) => query(withoutName(asked), ...more) });
    }

    /** Once whoever waits has been told. */
    private leave(): void {
      finder.doubt(this.place);
      setImmediate(() => this.connection.stream.destroy());
    }

    private get place(): ServerPlace {
      return { host: this.host, port: this.port };
    }
  };
}

/** Of what may be a statement, a text, or a query that TypeORM made. */
function withoutName(asked: unknown): unknown {
  const isNamed = typeof asked === 'object' && asked !== null && 'name' in asked && !('submit' in asked);
  return isNamed ? { ...asked, name: undefined } : asked;
}
