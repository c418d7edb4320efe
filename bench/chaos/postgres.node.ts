import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { onDatabase } from '../support/scratch-server.ts';
import { until } from './patience.ts';
import { type Owner, runBinary } from './postgres.binaries.ts';

const READY_WITHIN_MS = 120_000;
const AGAIN_AFTER_MS = 200;
/** Read by the server beside its own configuration; the one line of it changes while it runs. */
const SYNCHRONOUS = 'synchronous.conf';
const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 120
shared_buffers = '64MB'
min_wal_size = '32MB'
max_wal_size = '96MB'
wal_keep_size = '32MB'
wal_retrieve_retry_interval = '500ms'
include_if_exists = '${SYNCHRONOUS}'
`;

export interface PostgresPlace {
  readonly name: string;
  readonly port: number;
  /** Of its own, and its owner's; the data is in a folder within. */
  readonly folder: string;
  readonly logFile: string;
  readonly binaries: string;
  readonly owner: Owner;
}

/** One PostgreSQL server, and what can happen to it. Its process is a child of this one: its id is the postmaster's. */
export class PostgresNode {
  readonly name: string;
  readonly port: number;
  readonly folder: string;
  private readonly place: PostgresPlace;
  private child: ChildProcess | null = null;

  constructor(place: PostgresPlace) {
    this.place = place;
    this.name = place.name;
    this.port = place.port;
    this.folder = place.folder;
  }

  get running(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  url(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  ask<T>(work: (client: Client) => Promise<T>, database = 'mira'): Promise<T> {
    return onDatabase(this.url(database), work);
  }

  /** An empty one, to be a primary. */
  initialise(): void {
    const args = [
      '--username=postgres',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
      '--wal-segsize=4',
    ];
    this.run('initdb', ['--pgdata', this.data, ...args]);
    appendFileSync(join(this.data, 'postgresql.conf'), SETTINGS);
    this.waitForStandby(null);
  }

  /** A copy of another one that runs, to be its standby. What there was here is gone. */
  copyOf(primary: PostgresNode): void {
    rmSync(this.data, { recursive: true, force: true });
    const from = ['--host=127.0.0.1', `--port=${primary.port}`, '--username=postgres'];
    this.run('pg_basebackup', [
      ...from,
      '--pgdata',
      this.data,
      '--write-recovery-conf',
      '--checkpoint=fast',
      '--no-sync',
    ]);
    this.waitForStandby(null);
  }

  /** Resolves when it answers, as what it is. */
  async start(): Promise<void> {
    const giveUpAt = performance.now() + READY_WITHIN_MS;
    this.launch();
    for (;;) {
      // Sessions of one that was killed may still be about to notice, and until then there can be no other.
      if (!this.running) this.launch();
      try {
        await this.ask((client) => client.query('SELECT 1'), 'postgres');
        return;
      } catch (error) {
        if (performance.now() > giveUpAt) {
          throw new Error(`${this.name} did not come up; its log is ${this.place.logFile}`, { cause: error });
        }
      }
      await sleep(AGAIN_AFTER_MS);
    }
  }

  /** SIGINT: it ends its sessions, and waits for nobody. SIGQUIT: at once, to recover at its next start. SIGKILL: dead. */
  async end(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    if (!this.child || !this.running) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }

  async promote(): Promise<void> {
    await this.ask((client) => client.query('SELECT pg_promote(true, 60)'), 'postgres');
    await until(`${this.name} takes writes`, () => this.isPrimary(), READY_WITHIN_MS);
  }

  async isPrimary(): Promise<boolean> {
    const { rows } = await this.ask(
      (client) => client.query<{ is_standby: boolean }>('SELECT pg_is_in_recovery() AS is_standby'),
      'postgres',
    );
    return rows[0]?.is_standby === false;
  }

  /** Whether that one has all that is committed here, and each commit waits for it. */
  async isFollowedInStepBy(standby: PostgresNode): Promise<boolean> {
    const { rows } = await this.ask(
      (client) =>
        client.query(
          `SELECT FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming' AND sync_state = 'sync'`,
          [standby.name],
        ),
      'postgres',
    );
    return rows.length > 0;
  }

  async isFollowedBy(standby: PostgresNode): Promise<boolean> {
    const { rows } = await this.ask(
      (client) =>
        client.query(`SELECT FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'`, [
          standby.name,
        ]),
      'postgres',
    );
    return rows.length > 0;
  }

  /**
   * Whose word each commit waits for from now on. While there is nobody it is null, or every commit would hang: what is
   * acknowledged then is on this one's disk alone, and another failover would lose it.
   */
  waitForStandby(standby: PostgresNode | null): void {
    writeFileSync(join(this.data, SYNCHRONOUS), `synchronous_standby_names = '${standby?.name ?? ''}'\n`);
    if (this.running) this.child?.kill('SIGHUP');
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  private launch(): void {
    const log = openSync(this.place.logFile, 'a');
    const args = ['-D', this.data, '-p', String(this.port), '-c', `cluster_name=${this.name}`];
    const stdio = ['ignore', log, log] as const;
    this.child = spawn(join(this.place.binaries, 'postgres'), args, {
      ...this.place.owner,
      cwd: '/',
      stdio: [...stdio],
    });
    this.child.once('error', () => undefined);
    closeSync(log);
  }

  private run(name: string, args: readonly string[]): void {
    runBinary(join(this.place.binaries, name), args, this.place.owner);
  }
}
