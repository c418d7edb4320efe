const STEP_MS = 20;

/**
 * Asks again and again until `check` throws no more, and returns what it gave; after `timeoutMs` its last error is
 * thrown. For what comes to be at a moment that nobody tells: a test never guesses how long it takes.
 */
export async function eventually<T>(check: () => T | Promise<T>, timeoutMs = 10_000): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resume) => setTimeout(resume, STEP_MS));
    }
  }
}
