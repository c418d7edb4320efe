import { types } from 'node:util';

export type AnyGenerator = Generator | AsyncGenerator;

export interface GeneratorTimerOptions {
  readonly nowMs: () => number;
  /** Called once, when the generator ended, returned or threw. `seconds` are those spent inside it. */
  readonly onEnd: (seconds: number, failed: boolean) => void;
}

export function isGenerator(value: unknown): value is AnyGenerator {
  return types.isGeneratorObject(value);
}

/**
 * Has a generator measure its own steps, and returns it. It stays the object that it was: it only gets methods of its
 * own before those of its prototype, which `for`, `yield*` and the iterator helpers all call.
 */
export function timeGenerator<G extends AnyGenerator>(generator: G, { nowMs, onEnd }: GeneratorTimerOptions): G {
  let insideMs = 0;
  let resumedAtMs = 0;
  // Several steps of an asynchronous generator may be asked for at once: they wait for each other, and their time is one.
  let running = 0;
  let ended = false;

  const enter = () => {
    if (running === 0) resumedAtMs = nowMs();
    running += 1;
  };
  const leave = () => {
    const now = nowMs();
    insideMs += now - resumedAtMs;
    resumedAtMs = now;
    running -= 1;
  };
  const end = (failed: boolean) => {
    if (ended) return;
    ended = true;
    onEnd(insideMs / 1_000, failed);
  };
  const left = <R extends IteratorResult<unknown>>(step: R): R => {
    leave();
    if (step.done) end(false);
    return step;
  };

  const timed = (method: (...args: unknown[]) => unknown) =>
    function step(...args: unknown[]): unknown {
      enter();
      let result: unknown;
      try {
        result = Reflect.apply(method, generator, args);
      } catch (error) {
        leave();
        // A generator that asks itself for a step is refused, and goes on.
        if (running === 0) end(true);
        throw error;
      }
      if (!types.isPromise(result)) return left(result as IteratorResult<unknown>);
      return (result as Promise<IteratorResult<unknown>>).then(left, (error: unknown) => {
        leave();
        end(true);
        throw error;
      });
    };

  // Assigned, which is several times as quick as defining them so that they cannot be enumerated.
  const steps = generator as unknown as Record<'next' | 'return' | 'throw', (...args: unknown[]) => unknown>;
  steps.next = timed(steps.next);
  steps.return = timed(steps.return);
  steps.throw = timed(steps.throw);
  return generator;
}
