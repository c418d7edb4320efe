import { isNativeError } from 'node:util/types';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** How long to go on trying, in milliseconds. */
  readonly forMs: number;
  readonly stepMs: number;
  /** Whether a failure may be over at the next try. */
  isPassing(error: unknown): boolean;
  /** Told why there is a wait: once for each reason, not at each try. */
  notify(line: string): void;
}

/** Tries again while the failure may pass, for a database server often starts at the same moment as Mira. */
export async function whenReachable<T>(attempt: () => Promise<T>, patience: Patience): Promise<T> {
  const giveUpAt = Date.now() + patience.forMs;
  let told = '';
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!patience.isPassing(error) || Date.now() >= giveUpAt) throw error;
      const [reason = ''] = (isNativeError(error) ? error.message : String(error)).split('\n');
      if (reason !== told) patience.notify(`${reason} Trying again for up to ${Math.ceil(patience.forMs / 1_000)} s.`);
      told = reason;
      await sleep(patience.stepMs);
    }
  }
}
