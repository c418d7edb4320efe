import { setTimeout as sleep } from 'node:timers/promises';

/** Where a server listens: a host name, an address or the folder of a socket. */
export interface ServerPlace {
  readonly host: string;
  readonly port: number;
}

/** What a server says of itself. */
export interface ProbedServer extends ServerPlace {
  /** Whether it takes writes. */
  readonly isWritable: boolean;
  /** Of its write-ahead log, in hexadecimal of a fixed length: each failover begins a later one. Null of a standby. */
  readonly timeline: string | null;
}

/** Once one was found that takes writes, how long the others may still take to say that they are the ones, in ms. */
const PATIENCE_MS = 300;

/** None of the servers takes writes, or the one that was reached does not. */
export class NoPrimaryError extends Error {
  override readonly name = 'NoPrimaryError';
  /** PostgreSQL's own for a write that a standby refuses. */
  readonly code = '25006';
}

/**
 * Knows which of several servers takes writes, and looks for it again when somebody found that this is no longer so. Of
 * two that do, as when one that was given up comes back, it takes the one of the later failover: what the other has is
 * the past.
 */
export class PrimaryFinder {
  private known: ServerPlace | null = null;
  private look: Promise<ServerPlace> | null = null;

  /**
   * @param servers by their URLs, the preferred one first
   * @param probe connects to one, asks, and leaves again; rejects where it cannot
   */
  constructor(
    private readonly servers: readonly string[],
    private readonly probe: (server: string) => Promise<ProbedServer>,
  ) {}

  /**
   * The server that takes writes, as far as this process knows.
   *
   * @throws NoPrimaryError where servers answer and none is it; else what kept the first from answering
   */
  async find(): Promise<ServerPlace> {
    if (this.known) return this.known;
    this.look ??= this.probeAll().finally(() => (this.look = null));
    return this.look;
  }

  /** This one could not be reached, or takes no writes: the next who asks has to look, where there are others. */
  doubt(place: ServerPlace): void {
    if (this.servers.length > 1 && this.known?.host === place.host && this.known.port === place.port) this.known = null;
  }

  private async probeAll(): Promise<ServerPlace> {
    const found: (ProbedServer | null)[] = this.servers.map(() => null);
    const failures: unknown[] = [];
    const isKnown = () => found.some((server) => server?.isWritable);
    let all: Promise<unknown> = Promise.resolve();
    await new Promise<void>((enough) => {
      const probes = this.servers.map(async (server, place) => {
        await this.probe(server).then(
          (answer) => (found[place] = answer),
          (error: unknown) => failures.push(error),
        );
        if (isKnown()) enough();
      });
      all = Promise.all(probes);
      void all.then(() => enough());
    });
    await Promise.race([all, sleep(PATIENCE_MS, undefined, { ref: false })]);
    const answered = found.filter((server) => server !== null);
    const [primary] = answered.filter(({ isWritable }) => isWritable).sort(latestFirst);
    if (primary) return (this.known = { host: primary.host, port: primary.port });
    if (answered.length === 0) throw failures[0];
    throw new NoPrimaryError('None of the servers of the database takes writes: those that answer are standbys');
  }
}

/** Of one timeline they stay in their order. */
function latestFirst(one: ProbedServer, other: ProbedServer): number {
  const [left, right] = [one.timeline ?? '', other.timeline ?? ''];
  return left === right ? 0 : left < right ? 1 : -1;
}
