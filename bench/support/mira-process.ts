import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from './machine.ts';

/** This release. */
export const ROOT = join(import.meta.dirname, '..', '..');
const READY_WITHIN_MS = 60_000;
/** Mira gives work under way 20 s, and a margin. */
const STOP_WITHIN_MS = 30_000;

export interface MiraProcessOptions {
  /** Its working directory: the log goes there, and no mira.config.json of the repository is taken in by mistake. */
  readonly folder: string;
  /** Settings of Mira. Nothing that is set for Mira in the environment of the caller gets through. */
  readonly env: Readonly<Record<string, string>>;
  /** For node itself, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
  /** Where others find it again after a restart; any free one where it is left out. */
  readonly port?: number;
  /** Where the release lies that is to run; this one, unless it is said. */
  readonly root?: string;
}

/** The built program in a process of its own, as `npm run start:prod` runs it, on a free port of the loopback address. */
export class MiraProcess {
  readonly pid: number;
  readonly url: string;
  /** Null at every start but the first on a database. */
  readonly apiKey: string | null;
  readonly logFile: string;
  private readonly child: ChildProcess;

  private constructor(
    child: ChildProcess,
    found: { pid: number; url: string; apiKey: string | null; logFile: string },
  ) {
    this.child = child;
    this.pid = found.pid;
    this.url = found.url;
    this.apiKey = found.apiKey;
    this.logFile = found.logFile;
  }

  /** Resolves when it listens. Throws, with the end of its log, when it does not get there. */
  static async start({
    folder,
    env,
    nodeOptions = [],
    port = 0,
    root = ROOT,
  }: MiraProcessOptions): Promise<MiraProcess> {
    mkdirSync(folder, { recursive: true });
    const logFile = join(folder, 'mira.log');
    // Straight to a file: a pipe would have to be emptied by this process, which would cost time of the same machine.
    const log = openSync(logFile, 'w');
    const child = spawn(
      process.execPath,
      [...nodeOptions, ...productionFlags(root), join(root, 'dist', 'src', 'main.js')],
      {
        cwd: folder,
        env: { ...environmentWithoutMira(), HOST: '127.0.0.1', PORT: String(port), ...env },
        stdio: ['ignore', log, log],
      },
    );
    closeSync(log);
    const pid = child.pid;
    if (pid === undefined) throw new Error(`${process.execPath} could not be started`);
    try {
      const url = await listening(child, logFile);
      const apiKey = /API key\s+(mira_\S+)/.exec(readFileSync(logFile, 'utf8'))?.[1] ?? null;
      return new MiraProcess(child, { pid, url, apiKey, logFile });
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  residentMiB(): Promise<number> {
    return residentMiB(this.pid);
  }

  /** Ends it as an orchestrator would; by force when it takes too long. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Stands still, as on a machine that swaps or is moved: its connections stay, and nothing answers on them. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.running) return;
    const exited = once(this.child, 'exit');
    const patience = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
    this.child.kill(signal);
    await exited;
    clearTimeout(patience);
  }
}

/** What `npm run start:prod` gives to node. */
function productionFlags(root: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package;
  return scripts['start:prod'].split(' ').filter((word) => word.startsWith('--'));
}

interface Package {
  readonly scripts: { readonly 'start:prod': string };
}

export function environmentWithoutMira(): NodeJS.ProcessEnv {
  const own = ['DATABASE_URL', 'HOST', 'PORT', 'NODE_OPTIONS'];
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('MIRA_') && !own.includes(name));
  return { ...Object.fromEntries(kept), NODE_ENV: 'production' };
}

async function listening(child: ChildProcess, logFile: string): Promise<string> {
  const giveUpAt = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const url = /Mira listens at (http:\/\/[^\s,;]+)/.exec(readFileSync(logFile, 'utf8'))?.[1];
    if (url) return url;
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`Mira ended with ${child.exitCode ?? child.signalCode} before it listened:\n${endOf(logFile)}`);
    }
    if (Date.now() > giveUpAt) throw new Error(`Mira did not listen in time:\n${endOf(logFile)}`);
    await sleep(50);
  }
}

function endOf(logFile: string): string {
  return readFileSync(logFile, 'utf8').split('\n').slice(-20).join('\n');
}
