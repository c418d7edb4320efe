import { BenchmarkRegistry } from './benchmark-registry';
import type { BenchmarkStats } from './stats';

/** The registry of the process, used wherever none is named. */
export const defaultRegistry = new BenchmarkRegistry();

/** {@link BenchmarkRegistry.getStats} of the process's registry. */
export function getStats(name: string): BenchmarkStats | undefined {
  return defaultRegistry.getStats(name);
}

/** {@link BenchmarkRegistry.getAllStats} of the process's registry. */
export function getAllStats(): Record<string, BenchmarkStats> {
  return defaultRegistry.getAllStats();
}

/** {@link BenchmarkRegistry.clear} of the process's registry. */
export function clear(name?: string): void {
  defaultRegistry.clear(name);
}
