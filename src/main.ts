import type { MiraConfig } from './config/mira.config';
import { endOnSignal } from './config/end-on-signal';
import { loadProcessConfig } from './config/process-config';
import { StartError } from './config/start-error';
import { type RunningMira, startMira } from './mira';
import { welcome } from './welcome';

/** What a shutdown may take beyond the time that work under way is given, in milliseconds. */
const SHUTDOWN_MARGIN_MS = 5_000;

async function main(): Promise<void> {
  const startMayEnd = endOnSignal();
  const config = loadProcessConfig();
  const mira = await startMira(config, say);
  say(welcome(mira, config));
  stopOnSignal(mira, config);
  startMayEnd.off();
  mira.onFatal((error) => {
    complain(`${error.message}. Mira cannot go on, and ends: start it again.`);
    process.exit(1);
  });
}

function stopOnSignal(mira: RunningMira, config: MiraConfig): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    const { delay_seconds: delay, timeout_seconds: timeout } = config.shutdown;
    const patience = (delay + timeout) * 1_000 + SHUTDOWN_MARGIN_MS;
    setTimeout(() => {
      complain('Could not finish in time; what was acknowledged is stored and goes on at the next start.');
      process.exit(1);
    }, patience).unref();
    mira.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        complain(`The shutdown failed: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().catch((error: unknown) => {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  complain(error instanceof StartError ? error.message : stack);
  process.exit(1);
});
