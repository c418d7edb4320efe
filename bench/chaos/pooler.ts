import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onDatabase } from '../support/scratch-server.ts';
import { configured } from './configured.ts';
import { type DebianProgram, debianProgram } from '../support/debian.program.ts';
import { until } from './patience.ts';
import { findOwner } from './postgres.binaries.ts';

const PATTERN = join(import.meta.dirname, '..', '..', 'deploy', 'pgbouncer', 'pgbouncer.ini');
const PGBOUNCER = { name: 'pgbouncer', libraries: ['libevent-2.1-7', 'libc-ares2'], probe: '--version' };
const WITHIN_MS = 30_000;

export interface PoolerPlace {
  readonly name: string;
  readonly port: number;
  /** Of the server that it stands before. */
  readonly serverPort: number;
  /** Where its owner can walk to. */
  readonly place: string;
  readonly logFile: string;
}

/** PgBouncer before one server, as deploy/pgbouncer/pgbouncer.ini has it: what is tried here is that file. */
export class Pooler {
  readonly name: string;
  readonly port: number;
  private readonly program: DebianProgram;
  private readonly file: string;
  private readonly logFile: string;
  private child: ChildProcess | null = null;

  constructor({ name, port, serverPort, place, logFile }: PoolerPlace) {
    [this.name, this.port, this.logFile] = [name, port, logFile];
    this.program = debianProgram(PGBOUNCER, place);
    const folder = join(place, name);
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    this.file = join(folder, 'pgbouncer.ini');
    const pattern = readFileSync(PATTERN, 'utf8');
    const put: readonly [RegExp, string][] = [
      [/^mira = .*$/m, `mira = host=127.0.0.1 port=${serverPort} user=postgres`],
      [/^listen_addr = .*$/m, 'listen_addr = 127.0.0.1'],
      [/^listen_port = .*$/m, `listen_port = ${port}\nunix_socket_dir =\nlogfile = \npidfile =`],
      [/^auth_type = .*$/m, 'auth_type = any'],
      [/^auth_file = .*\n/m, ''],
      // Fewer than those who want one, so that they share.
      [/^default_pool_size = .*$/m, 'default_pool_size = 4'],
    ];
    writeFileSync(this.file, configured(PATTERN, pattern, put));
  }

  async start(): Promise<void> {
    const log = openSync(this.logFile, 'a');
    const stdio = ['ignore', log, log] as const;
    const { file, env } = this.program;
    this.child = spawn(file, [this.file], { ...findOwner(), cwd: '/', env, stdio: [...stdio] });
    this.child.once('error', () => undefined);
    closeSync(log);
    const console = `postgres://pgbouncer@127.0.0.1:${this.port}/pgbouncer`;
    const answers = (): Promise<boolean> => onDatabase(console, async () => true);
    await until(`${this.name} answers; its log is ${this.logFile}`, answers, WITHIN_MS);
  }

  /** At once, with all that goes through it. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}
