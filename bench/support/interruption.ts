const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** A run that somebody ended. It has put everything away by the time this reaches the top. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(name: keyof typeof NUMBERS) {
    super(`ended by ${name}`);
    this.exitCode = 128 + NUMBERS[name];
  }
}

/**
 * Aborts at the first SIGINT or SIGTERM with an {@link Interrupted}, so that whoever waits can end the processes that
 * it started, drop its databases and go. A second one ends this process at once.
 */
export function onInterruption(): AbortSignal {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => interruption.abort(new Interrupted(name)));
  }
  return interruption.signal;
}
