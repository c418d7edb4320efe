import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK = Buffer.alloc(1_048_576);

/** A folder on a small disk of its own, which can be filled; an ordinary folder where none may be mounted. */
export class SmallDisk {
  readonly folder: string;
  /** Null where it is a disk; else why not. */
  readonly whyNot: string | null;

  private constructor(folder: string, whyNot: string | null) {
    this.folder = folder;
    this.whyNot = whyNot;
  }

  static mount(folder: string, mebibytes: number): SmallDisk {
    mkdirSync(folder, { recursive: true });
    const options = `size=${mebibytes}m,mode=0755`;
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'mira-chaos', folder], { encoding: 'utf8' });
    if (mounted.status === 0) return new SmallDisk(folder, null);
    return new SmallDisk(folder, (mounted.error?.message ?? mounted.stderr.trim()) || 'no tmpfs may be mounted');
  }

  get freeMiB(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return Math.round((bavail * bsize) / CHUNK.length);
  }

  /** Takes all that is left, to the last byte. */
  fill(): void {
    const file = openSync(this.ballast, 'w');
    try {
      for (let step = CHUNK.length; step >= 1; step = Math.floor(step / 16))
        writeUntilFull(file, CHUNK.subarray(0, step));
    } finally {
      closeSync(file);
    }
  }

  /** What others freed since is taken too. */
  refill(): void {
    const file = openSync(this.ballast, 'a');
    try {
      writeUntilFull(file, CHUNK.subarray(0, 4_096));
    } finally {
      closeSync(file);
    }
  }

  empty(): void {
    rmSync(this.ballast, { force: true });
  }

  unmount(): void {
    if (this.whyNot === null) spawnSync('umount', ['--lazy', this.folder]);
  }

  private get ballast(): string {
    return join(this.folder, 'ballast');
  }
}

function writeUntilFull(file: number, piece: Uint8Array): void {
  for (;;) {
    try {
      writeSync(file, piece);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return;
      throw error;
    }
  }
}
