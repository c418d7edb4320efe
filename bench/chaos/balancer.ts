import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { configured } from './configured.ts';
import { debianProgram } from '../support/debian.program.ts';
import { freePorts } from './ports.ts';
import { until } from './patience.ts';

const PATTERN = join(import.meta.dirname, '..', '..', 'deploy', 'haproxy', 'haproxy.cfg');
const WITHIN_MS = 60_000;
const HAPROXY = {
  name: 'haproxy',
  libraries: ['liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'],
  probe: '-v',
};

/** HAProxy before the processes that receive, as deploy/haproxy/haproxy.cfg has it: what is tried here is that file. */
export class Balancer {
  readonly url: string;
  private readonly child: ChildProcess;
  private readonly socket: string;

  private constructor(child: ChildProcess, url: string, socket: string) {
    this.child = child;
    this.url = url;
    this.socket = socket;
  }

  /** @param servers names and ports of the loopback address */
  static async start(folder: string, servers: ReadonlyMap<string, number>): Promise<Balancer> {
    const program = debianProgram(HAPROXY, folder);
    const [port] = await freePorts(1);
    if (port === undefined) throw new Error('there is no free port');
    const [file, socket] = [join(folder, 'haproxy.cfg'), join(folder, 'haproxy.sock')];
    writeFileSync(file, onThisMachine({ port, socket, servers }));
    const log = openSync(join(folder, 'haproxy.log'), 'w');
    const child = spawn(program.file, ['-db', '-f', file], { env: program.env, stdio: ['ignore', log, log] });
    closeSync(log);
    const balancer = new Balancer(child, `http://127.0.0.1:${port}`, socket);
    try {
      await until('the balancer answers', async () => (await balancer.states()).size > 0, WITHIN_MS);
    } catch (error) {
      await balancer.stop();
      throw new Error(`HAProxy did not start:\n${readFileSync(join(folder, 'haproxy.log'), 'utf8')}`, { cause: error });
    }
    return balancer;
  }

  /** Resolves when requests go to it. */
  async sees(server: string): Promise<void> {
    await until(`the balancer sees ${server}`, async () => (await this.states()).get(server) === 'UP', WITHIN_MS);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }

  /** Of the servers of the webhooks, by their names, as its checks find them. */
  private async states(): Promise<Map<string, string>> {
    const socket = connect(this.socket);
    socket.end('show stat\n');
    const [head = '', ...lines] = (await text(socket)).split('\n');
    const columns = head.replace('# ', '').split(',');
    const [backend, name, status] = ['pxname', 'svname', 'status'].map((one) => columns.indexOf(one));
    const rows = lines.map((line) => line.split(',')).filter((row) => row[backend ?? 0] === 'webhooks');
    return new Map(rows.map((row) => [row[name ?? 0] ?? '', row[status ?? 0] ?? '']));
  }
}

/** The pattern, with names that lead here instead of into Compose's network. */
function onThisMachine({
  port,
  socket,
  servers,
}: {
  port: number;
  socket: string;
  servers: ReadonlyMap<string, number>;
}): string {
  const list = [...servers].map(([name, at]) => `    server ${name} 127.0.0.1:${at}`).join('\n');
  const replaced: readonly [RegExp, string][] = [
    [/^global\n/m, `global\n    stats socket ${socket} mode 600 level operator\n`],
    [/^resolvers docker\n(?: +.*\n)+/m, ''],
    [/bind :5000/, `bind 127.0.0.1:${port}`],
    [/ resolvers docker init-addr \S+/g, ''],
    [/^ +server-template .*$/gm, list],
  ];
  return configured(PATTERN, readFileSync(PATTERN, 'utf8'), replaced);
}
