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
function onInterruption(): AbortSignal {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => interruption.abort(new Interrupted(name)));
  }
  return interruption.signal;
}

/** Runs a command to its end or to its interruption, which becomes its exit code. */
export async function runInterruptibly(main: (interruption: AbortSignal) => Promise<void>): Promise<void> {
  const interruption = onInterruption();
  try {
    await main(interruption);
  } catch (error) {
    // Whatever fails after that, fails because of it: Ctrl-C reaches the processes of the run as well.
    if (!(interruption.reason instanceof Interrupted)) throw error;
    console.error(interruption.reason.message);
    process.exitCode = interruption.reason.exitCode;
  }
}
