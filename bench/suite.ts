import type { BenchOptions } from './options.ts';

/** What a suite measured, for a program and for a person. */
export interface SuiteResult {
  readonly json: object;
  readonly markdown: string;
}

/** A set of figures that are measured together, in one run. Says on `say` how far it is. */
export type Suite = (options: BenchOptions, scope: AsyncDisposableStack, say: Say) => Promise<SuiteResult>;

export type Say = (line: string) => void;
