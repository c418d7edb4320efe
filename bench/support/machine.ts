import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';

/** What figures have to be read beside. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_mib: number;
  readonly os: string;
  readonly node: string;
  /** Processes that wanted to run in the minute before, on average: above 0.5 somebody else was busy here. */
  readonly load_before: number;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory_mib: Math.round(totalmem() / 1_048_576),
    os: `${type()} ${release()}`,
    node: process.version,
    load_before: round(loadavg()[0] ?? 0, 2),
  };
}

/** The memory that a process really holds (its resident set), in MiB. */
export async function residentMiB(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Math.round(Number(stdout.trim()) / 1_024);
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
