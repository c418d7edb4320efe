import { round } from './machine.ts';

/** A few values of one figure: their middle, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws where there is no value: a figure of nothing must not look like one. */
export function spreadOf(values: readonly number[], digits = 3): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  const [min, max] = [sorted.at(0), sorted.at(-1)];
  if (low === undefined || high === undefined || min === undefined || max === undefined) {
    throw new Error('there is no spread of no values');
  }
  return { median: round((low + high) / 2, digits), min: round(min, digits), max: round(max, digits) };
}

/** The value that a share of all are at most, by rank. NaN of no values. */
export function quantile(values: readonly number[], share: number, digits: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return round(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN, digits);
}
