import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './ports.ts';
import { until } from './patience.ts';
import { findBinaries, findOwner } from './postgres.binaries.ts';
import { Pooler } from './pooler.ts';
import { PostgresNode } from './postgres.node.ts';
import type { Random } from './random.ts';
import { SmallDisk } from './small-disk.ts';

const WITHIN_MS = 120_000;
/** A cut is many small ones. */
const CUT = { forMs: 3_000, everyMs: 150, atOnce: 2 };
const REFILL_EVERY_MS = 250;

const CUTTING = `
  SELECT count(pg_terminate_backend(pid))::int AS cut FROM (
    SELECT pid FROM pg_stat_activity
    WHERE application_name LIKE 'mira%' AND pid <> pg_backend_pid()
    ORDER BY state = 'idle', random() LIMIT $1) AS chosen`;

/**
 * A primary and a synchronous standby, on one machine. Whatever happens to the primary, the two are a pair again before
 * anything else does: like whoever watches over such a pair, this gives the primary's place to none but a standby that
 * was in step.
 */
export class Cluster {
  readonly databaseName = 'mira';
  private primary: PostgresNode;
  private standby: PostgresNode;
  private readonly disks: ReadonlyMap<PostgresNode, SmallDisk>;
  private readonly poolers: ReadonlyMap<PostgresNode, Pooler>;

  private constructor(
    nodes: readonly [PostgresNode, PostgresNode],
    disks: ReadonlyMap<PostgresNode, SmallDisk>,
    poolers: ReadonlyMap<PostgresNode, Pooler>,
  ) {
    [this.primary, this.standby] = nodes;
    this.disks = disks;
    this.poolers = poolers;
  }

  /**
   * @param place where the data goes; its owner must be able to walk there
   * @param logs where the servers' logs go
   * @param scope ends them
   */
  static async create(
    { place, logs, diskMiB }: { place: string; logs: string; diskMiB: number },
    scope: AsyncDisposableStack,
  ): Promise<Cluster> {
    const [binaries, owner] = [findBinaries(), findOwner()];
    chmodSync(place, 0o755);
    const ports = await freePorts(2);
    const disks = new Map<PostgresNode, SmallDisk>();
    const nodes = ports.map((port, at) => {
      const name = `node_${at + 1}`;
      const disk = SmallDisk.mount(join(place, name), diskMiB);
      scope.defer(() => disk.unmount());
      if (owner.uid !== undefined && owner.gid !== undefined) chownSync(disk.folder, owner.uid, owner.gid);
      const logFile = join(logs, `${name}.log`);
      const node = new PostgresNode({ name, port, folder: disk.folder, logFile, binaries, owner });
      scope.defer(() => node.end('SIGQUIT'));
      disks.set(node, disk);
      return node;
    });
    const [first, second] = nodes;
    if (!first || !second) throw new Error('there are not two');
    mkdirSync(logs, { recursive: true });
    first.initialise();
    await first.start();
    const poolers = new Map<PostgresNode, Pooler>();
    const poolerPorts = await freePorts(nodes.length);
    for (const [at, node] of nodes.entries()) {
      const name = `pooler_${at + 1}`;
      const logFile = join(logs, `${name}.log`);
      const pooler = new Pooler({ name, port: poolerPorts[at] ?? 0, serverPort: node.port, place, logFile });
      scope.defer(() => pooler.kill());
      poolers.set(node, pooler);
    }
    const cluster = new Cluster([first, second], disks, poolers);
    await first.ask(async (client) => {
      await client.query(`CREATE DATABASE ${cluster.databaseName}`);
      // What Mira cannot bound by itself through a pooler; docs/operations.md asks for it.
      await client.query(`ALTER ROLE postgres IN DATABASE ${cluster.databaseName} SET statement_timeout = '10s'`);
      await client.query(
        `ALTER ROLE postgres IN DATABASE ${cluster.databaseName} SET idle_in_transaction_session_timeout = '30s'`,
      );
    }, 'postgres');
    await cluster.rebuildStandby();
    // While the one node is a standby: what it is then must not stick to it.
    await Promise.all([...poolers.values()].map((pooler) => pooler.start()));
    return cluster;
  }

  /** As Mira is to be given it: both hosts, of which the one that takes writes is meant. */
  get url(): string {
    return this.urlBy([this.primary.port, this.standby.port]);
  }

  /** The same through the poolers. */
  get pooledUrl(): string {
    return this.urlBy([...this.poolers.values()].map(({ port }) => port));
  }

  /** Of the primary of this moment. */
  get primaryUrl(): string {
    return this.primary.url(this.databaseName);
  }

  private urlBy(ports: readonly number[]): string {
    const list = ports.toSorted((a, b) => a - b).map((port) => `127.0.0.1:${port}`);
    return `postgres://postgres@${list.join(',')}/${this.databaseName}?target_session_attrs=read-write`;
  }

  /** Null where a disk can be filled; else why not. */
  get whyNoFullDisk(): string | null {
    return this.disks.get(this.primary)?.whyNot ?? null;
  }

  get leastFreeMiB(): number {
    return Math.min(...[...this.disks.values()].map((disk) => disk.freeMiB));
  }

  async restart(): Promise<string> {
    const { primary } = this;
    await primary.end('SIGINT');
    await primary.start();
    await this.inStep();
    return `${primary.name} restarted`;
  }

  async crash(): Promise<string> {
    const { primary } = this;
    await primary.end('SIGKILL');
    await primary.start();
    await this.inStep();
    return `${primary.name} killed and started`;
  }

  /** The primary dies, the standby takes its place, and a new standby is made of what was the primary. */
  async failOver(random: Random): Promise<string> {
    const { primary: dead, standby: heir } = this;
    const signal = random.pick(['SIGKILL', 'SIGQUIT'] as const);
    await dead.end(signal);
    await heir.promote();
    [this.primary, this.standby] = [heir, dead];
    await this.rebuildStandby();
    return `${dead.name} ended by ${signal}, ${heir.name} promoted`;
  }

  /** Connections of Mira end in the middle of what they do. */
  async cut(): Promise<string> {
    const endAt = performance.now() + CUT.forMs;
    let cut = 0;
    while (performance.now() < endAt) {
      const { rows } = await this.primary.ask((client) => client.query<{ cut: number }>(CUTTING, [CUT.atOnce]));
      cut += rows[0]?.cut ?? 0;
      await sleep(CUT.everyMs);
    }
    return `${cut} connections cut`;
  }

  /** The one that connections go through; they all end, and nobody gets another one for so long. */
  async killPooler(forMs: number): Promise<string> {
    const pooler = this.poolers.get(this.primary);
    if (!pooler) throw new Error(`${this.primary.name} has no pooler`);
    await pooler.kill();
    await sleep(forMs);
    await pooler.start();
    return `${pooler.name} killed, away for ${(forMs / 1_000).toFixed(1)} s`;
  }

  /** A server that cannot write its log of changes ends itself; whoever watches over it starts it when there is room. */
  async fillDisk(forMs: number): Promise<string> {
    const { primary } = this;
    const disk = this.disks.get(primary);
    if (!disk || disk.whyNot !== null) throw new Error('there is no disk to fill');
    const endAt = performance.now() + forMs;
    disk.fill();
    try {
      while (performance.now() < endAt) {
        await sleep(REFILL_EVERY_MS);
        disk.refill();
      }
    } finally {
      disk.empty();
    }
    const ended = primary.running ? '' : ', which ended it';
    if (!primary.running) await primary.start();
    await this.inStep();
    return `disk of ${primary.name} full for ${Math.round(forMs / 1_000)} s${ended}`;
  }

  /** Both, as for work on the machine. */
  async stop(): Promise<void> {
    await this.standby.end('SIGINT');
    await this.primary.end('SIGINT');
  }

  async start(): Promise<void> {
    await Promise.all([this.primary.start(), this.standby.start()]);
    await this.inStep();
  }

  /** Until it is there each commit is on one disk alone: see {@link PostgresNode.waitForStandby}. */
  private async rebuildStandby(): Promise<void> {
    const { primary, standby } = this;
    primary.waitForStandby(null);
    // One that was killed may leave sessions behind that have not noticed yet, and write into what is taken away here.
    await standby.end('SIGKILL');
    standby.copyOf(primary);
    await standby.start();
    await until(`${standby.name} follows ${primary.name}`, () => primary.isFollowedBy(standby), WITHIN_MS);
    primary.waitForStandby(standby);
    await this.inStep();
  }

  private async inStep(): Promise<void> {
    const { primary, standby } = this;
    await until(
      `${standby.name} is in step with ${primary.name}`,
      () => primary.isFollowedInStepBy(standby),
      WITHIN_MS,
    );
  }
}
