const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** A run that somebody ended. It has put everything away by the time this reaches the top. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(name: keyof typeof NUMBERS) {
    super(`ended by ${name}`);
    this.exitCode = 128 + NUMBERS[name];
  }
}

/** What was asked for cannot be done here, and the message says why: a stack would say no more. */
export class CannotRun extends Error {}

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

/** Runs a command to its end or to its interruption, which becomes its exit code. 2 where it cannot run at all. */
export async function runInterruptibly(main: (interruption: AbortSignal) => Promise<void>): Promise<void> {
  const interruption = onInterruption();
  try {
    await main(interruption);
  } catch (error) {
    // Whatever fails after that, fails because of it: Ctrl-C reaches the processes of the run as well.
    const { reason } = interruption;
    if (reason instanceof Interrupted) {
      console.error(reason.message);
      process.exitCode = reason.exitCode;
    } else if (error instanceof CannotRun || isOfArguments(error)) {
      console.error(error.message);
      process.exitCode = 2;
    } else throw error;
  }
}

/** By `parseArgs`, which says what is wrong with them. */
function isOfArguments(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
