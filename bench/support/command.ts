import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { environmentWithoutMira, ROOT } from './mira-process.ts';

const WITHIN_MS = 300_000;

/** What a command of the built program said, and how it ended. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a command runs. */
export interface CommandPlace {
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Where the release lies whose command it is; this one, unless it is said. */
  readonly root?: string;
}

/** Runs one of the built program's own commands (`webhook/ledger/reconcile`) with these settings of Mira. */
export function runCommand(
  name: string,
  args: readonly string[],
  { env, folder, root = ROOT }: CommandPlace,
): Promise<CommandResult> {
  const file = join(root, 'dist', 'src', `${name}.command.js`);
  const options = {
    cwd: folder,
    env: { ...environmentWithoutMira(), ...env },
    timeout: WITHIN_MS,
    maxBuffer: 64 * 1_048_576,
  };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [file, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr });
      else reject(new Error(error.message, { cause: error }));
    });
  });
}
