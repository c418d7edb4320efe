import type { BenchOptions } from './options.ts';
import type { Figure } from './support/figure.ts';

/** What a suite measured, for a program and for a person. */
export interface SuiteResult {
  readonly json: object;
  readonly markdown: string;
  /** What two runs are compared by. */
  readonly figures: readonly Figure[];
}

/** A set of figures that are measured together, in one run. Says on `say` how far it is. */
export type Suite = (options: BenchOptions, scope: AsyncDisposableStack, say: Say) => Promise<SuiteResult>;

export type Say = (line: string) => void;
