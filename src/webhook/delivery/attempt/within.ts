/** The time that something was given is over. */
export class TimeOver extends Error {}

/**
 * Waits no longer than so many milliseconds. What is waited for cannot be stopped from outside, be it an agent or a
 * look-up that others wait for too; but the place of the attempt is free again, and it is made again.
 *
 * @throws TimeOver
 */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new TimeOver()), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
