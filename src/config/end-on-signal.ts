import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Has a signal to stop end the process at once, as it does by itself anywhere but in a container: there Mira is process
 * 1, for which the kernel leaves out what no handler is there for, and would be killed only after the whole grace.
 * For times in which there is nothing to finish: a start that waits for its database, or a command.
 */
export function endOnSignal(): { off(): void } {
  const end = (signal: NodeJS.Signals): void => process.exit(128 + constants.signals[signal]);
  for (const signal of SIGNALS) process.on(signal, end);
  return {
    off: () => {
      for (const signal of SIGNALS) process.off(signal, end);
    },
  };
}
