import { BenchmarkRegistry } from '../benchmark-registry';

/** A registry by a clock that stands until it is turned. */
export function aRegistry({ maxNames }: { maxNames?: number } = {}) {
  const clock = { nowMs: 1_000 };
  const turn = (ms: number) => {
    clock.nowMs += ms;
  };
  const nowMs = () => clock.nowMs;
  return { registry: new BenchmarkRegistry(maxNames === undefined ? { nowMs } : { nowMs, maxNames }), turn };
}
