import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 100;

/** Waits until it is so; what is thrown meanwhile counts as not yet. Throws after `forMs`, with what it waited for. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, forMs: number): Promise<void> {
  const giveUpAt = performance.now() + forMs;
  let last: unknown = null;
  for (;;) {
    try {
      if (await isSo()) return;
      last = null;
    } catch (error) {
      last = error;
    }
    if (performance.now() > giveUpAt) {
      throw new Error(`waited for ${Math.round(forMs / 1_000)} s: ${what}`, { cause: last });
    }
    await sleep(LOOK_EVERY_MS);
  }
}
